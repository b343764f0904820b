/** `deno task export`: a run for other programs: tables, TensorBoard events, an animation, a sheet of samples. */
import { join } from "node:path";
import { type Parsed, parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import type { Command } from "../common/cli/options.ts";
import { readRegular } from "../common/files/regular_file.ts";
import { cleanText } from "../common/text/foreign_text.ts";
import { columnsOf } from "../common/terminal/terminal.ts";
import { labelled, wrapLine } from "../common/text/wrap.ts";
import { findRun } from "../runlog/log/find_run.ts";
import { rowsOf, type TableName, TABLES, titleRows } from "../runlog/export/csv.ts";
import { generatorAt } from "../models/generator_at.ts";
import { encodeApng } from "../pictures/apng.ts";
import { contactSheet, encodeGif, spread, type Still } from "../pictures/animation.ts";
import { decodePng, encodePng } from "../pictures/png.ts";
import type { Raster } from "../pictures/raster.ts";
import type { RecordOf } from "../runlog/records.ts";
import { rebuildStepIndex } from "../runlog/log/rebuild_step_index.ts";
import { STEP_INDEX_NAME } from "../runlog/log/step_index.ts";
import { withoutSuperseded } from "../runlog/export/without_superseded.ts";
import { encodeEvent, encodeFileVersion, frame } from "../runlog/export/tensorboard/event.ts";
import { RunEvents } from "../runlog/export/tensorboard/run_events.ts";
import { FileStream } from "../common/files/file_stream.ts";
import { writeFile } from "../common/files/write_file.ts";

const OPTIONS = {
  csv: {
    kind: "string",
    value: "DIR",
    about: "Write all curves as tables: steps.csv, workers.csv and more",
  },
  tensorboard: {
    kind: "string",
    value: "DIR",
    about: "Write curves and pictures as a TensorBoard event file",
  },
  gif: { kind: "string", value: "FILE", about: "Write the sample grids as an animated GIF" },
  apng: {
    kind: "string",
    value: "FILE",
    about: "Write the sample grids as an animated PNG: lossless, and much smaller for grey images",
  },
  sheet: { kind: "string", value: "FILE", about: "Write some of the sample grids side by side, as PNG" },
  onnx: {
    kind: "string",
    value: "FILE",
    about: "Write the generator of a kept checkpoint as ONNX; deno task sample draws from it",
  },
  checkpoint: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "step",
    default_text: "the last one",
    about: "The checkpoint for --onnx",
  },
  series: {
    kind: "boolean",
    about: "Rebuild the run's file events.series from its log, so that the run opens quickly",
  },
  frames: {
    kind: "number",
    integer: true,
    min: 1,
    default: 60,
    unit: "pictures",
    about: "Number of frames in --gif and --apng, evenly spread over the run",
  },
  delay: {
    kind: "number",
    min: 20,
    max: 60_000,
    default: 120,
    unit: "milliseconds",
    about: "How long each frame is shown",
  },
  cells: {
    kind: "number",
    integer: true,
    min: 1,
    default: 12,
    unit: "pictures",
    about: "Number of grids on --sheet, evenly spread over the run",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task export",
  about:
    "Writes a run in formats for other programs. Give at least one of --csv, --tensorboard, --gif, --apng, --sheet, --onnx and --series.",
  positionals: [{ name: "RUN", about: 'A run: its folder, its name in the folder of runs, or "latest"' }],
  options: OPTIONS,
  examples: [
    {
      line: "deno task export latest --gif samples.gif",
      about: "an animation of the samples during training",
    },
    { line: "deno task export latest --tensorboard logs", about: "then: tensorboard --logdir logs" },
    { line: "deno task export latest --csv tables", about: "for a spreadsheet" },
  ],
};

/** The last picture is shown for so long. */
const LAST_MS = 2_000;
const SHEET_COLS = 3;

type Values = Parsed<typeof OPTIONS>["values"];

function say(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}

async function exportCsv(folder: string, out: string): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const names = Object.keys(TABLES) as TableName[];
  const files = new Map<TableName, FileStream>();
  try {
    for (const name of names) files.set(name, await FileStream.create(join(out, name)));
    const add = ({ table, text }: { table: TableName; text: string }) =>
      files.get(table)!.text(`${text}\r\n`);
    for (const row of titleRows()) await add(row);
    for await (const record of withoutSuperseded(folder)) {
      for (const row of rowsOf(record)) await add(row);
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  say(wrapLine(`${out}: ${names.join(", ")}`, columnsOf(Deno.stdout)));
}

async function exportEvents(folder: string, out: string): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const events = new RunEvents();
  let file: FileStream | null = null;
  try {
    for await (const record of withoutSuperseded(folder)) {
      const event = events.of(record);
      if (record.type === "run") {
        const created_s = Date.parse(record.created) / 1000 || 0;
        file = await FileStream.create(
          join(out, `events.out.tfevents.${Math.floor(created_s)}.${record.run}`),
        );
        await file.bytes(frame(encodeFileVersion(created_s)));
      }
      if (event) await file!.bytes(frame(encodeEvent(event)));
      if (record.type === "sample") {
        const png = await readRegular(join(folder, record.file)).catch(() => null);
        if (!png) continue;
        const { width, height, channels } = decodedSample(folder, record.file, png);
        await file!.bytes(frame(encodeEvent(events.picture(record, { png, width, height, channels }))));
      }
    }
  } finally {
    await file?.close();
  }
  say(labelled(`${out}: look at it with`, `tensorboard --logdir ${out}`, columnsOf(Deno.stdout)));
}

/** Throws {@linkcode UserError} where it is no whole picture, as when a disk was full. */
function decodedSample(folder: string, file: string, png: Uint8Array): Raster {
  try {
    return decodePng(png);
  } catch (error) {
    throw new UserError(
      `Cannot read samples ${join(folder, file)}: a whole PNG of 8 bits, grey or colour, is ` +
        `required, found another or a damaged one (${cleanText((error as Error).message)}); ` +
        "remove the file to leave it out",
    );
  }
}

async function stillsOf(folder: string, count: number): Promise<Still[]> {
  const samples: RecordOf<"sample">[] = [];
  for await (const record of withoutSuperseded(folder)) if (record.type === "sample") samples.push(record);
  const there: RecordOf<"sample">[] = [];
  for (const sample of samples) {
    const info = await Deno.stat(join(folder, sample.file)).catch(() => null);
    if (info?.isFile) there.push(sample);
  }
  if (there.length === 0) {
    throw new UserError(
      `Cannot show samples of ${folder}: it has no pictures yet; was the run stopped before its first step?`,
    );
  }
  const chosen = spread(there.length, count).map((i) => there[i]!);
  return await Promise.all(chosen.map(async ({ step, file }) => {
    return { step, picture: decodedSample(folder, file, await readRegular(join(folder, file))) };
  }));
}

/** The generator of a checkpoint that the run has kept. Throws {@linkcode UserError} where there is none. */
async function generatorOf(folder: string, step: number | undefined): Promise<Uint8Array> {
  const kept = join(folder, "checkpoints");
  const names = await Array.fromAsync(Deno.readDir(kept), ({ name }) => name).catch(() => []);
  const steps = names.flatMap((name) => /^step-(\d+)\.safetensors$/.exec(name)?.slice(1) ?? []).sort();
  const chosen = step === undefined ? steps.at(-1) : steps.find((digits) => Number(digits) === step);
  if (chosen === undefined) {
    const found = steps.length === 0 ? "none" : `those of steps ${steps.map(Number).join(", ")}`;
    throw new UserError(
      `Cannot export the generator of ${folder}: a checkpoint ${
        step === undefined ? "" : `of step ${step} `
      }is ` +
        `required, found ${found}`,
    );
  }
  try {
    const checkpoint = await readRegular(join(kept, `step-${chosen}.safetensors`));
    return generatorAt(await readRegular(join(folder, "generator.onnx")), checkpoint);
  } catch (error) {
    throw new UserError(
      `Cannot export the generator of ${folder}: a sound checkpoint and generator.onnx are required, found ` +
        cleanText((error as Error).message),
    );
  }
}

async function exportRun(folder: string, values: Values): Promise<void> {
  const { csv, tensorboard, gif, apng, sheet, onnx, series, frames, delay, cells } = values;
  if (series) {
    const { num_rows, num_steps } = await rebuildStepIndex(folder);
    console.log(`${join(folder, STEP_INDEX_NAME)}: rows for ${num_rows} of ${num_steps} steps`);
  }
  if (csv !== undefined) await exportCsv(folder, csv);
  if (tensorboard !== undefined) await exportEvents(folder, tensorboard);
  const pace = { delay_ms: delay, last_ms: LAST_MS };
  if (gif !== undefined) console.log(await writeFile(gif, encodeGif(await stillsOf(folder, frames), pace)));
  if (apng !== undefined) {
    console.log(await writeFile(apng, encodeApng(await stillsOf(folder, frames), pace)));
  }
  if (onnx !== undefined) console.log(await writeFile(onnx, await generatorOf(folder, values.checkpoint)));
  if (sheet !== undefined) {
    console.log(await writeFile(sheet, encodePng(contactSheet(await stillsOf(folder, cells), SHEET_COLS))));
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(COMMAND, args);
  const [wanted] = positionals;
  if (wanted === undefined) {
    throw new UserError("Cannot export: name the run, e.g. deno task export latest --gif samples.gif");
  }
  const { csv, tensorboard, gif, apng, sheet, onnx, series } = values;
  if (!series && [csv, tensorboard, gif, apng, sheet, onnx].every((given) => given === undefined)) {
    throw new UserError(
      "Cannot export: one of --csv, --tensorboard, --gif, --apng, --sheet, --onnx and --series is required, found none",
    );
  }
  const folder = await findRun(wanted, values.runs);
  try {
    await exportRun(folder, values);
  } catch (error) {
    // What the operating system refuses is the user's to mend; anything else is a mistake of ours.
    if (error instanceof UserError || !(error instanceof Error) || !/\(os error \d+\)/.test(error.message)) {
      throw error;
    }
    throw new UserError(
      `Cannot export ${folder}: the folder to write to must be writable, found ${error.message}`,
    );
  }
}

if (import.meta.main) await runMain(main);
