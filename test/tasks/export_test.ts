/** `export` as a person runs it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../../pictures/png.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { end, runRecord, stepRecord, steps, TIME, toLines } from "../runlog/log/example_log.ts";
import { picture } from "../runlog/export/export_example.ts";
import { lockedBy } from "../../tasks/task_command.ts";

const MAIN = new URL("../../tasks/export.ts", import.meta.url).pathname;

async function exported(cwd: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...lockedBy(), "--allow-read", "--allow-write", "--allow-env", MAIN, ...args],
    cwd,
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const RECORDS: readonly RunRecord[] = [
  runRecord(),
  ...steps(1, 6),
  { type: "sample", step: 6, file: "samples/gone.png" },
  // What came after step 4 is taken back, and 5 and 6 come again.
  { type: "resume", step: 4, incarnation: 1, changed: {}, time: TIME },
  stepRecord(5, { wasserstein_estimate: -1.5 }),
  { type: "sample", step: 5, file: "samples/a.png", diversity: 0.5 },
  stepRecord(6),
  { type: "sample", step: 6, file: "samples/b.png" },
  { type: "evaluation", step: 6, sliced_wasserstein: 0.25 },
  end(6),
];

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const run = join(folder, "runs", "one");
    await Deno.mkdir(join(run, "samples"), { recursive: true });
    await Deno.writeTextFile(join(run, "events.jsonl"), toLines(RECORDS));
    await Deno.writeFile(join(run, "samples", "a.png"), encodePng(picture(20, 10, 1, 0)));
    await Deno.writeFile(join(run, "samples", "b.png"), encodePng(picture(20, 10, 1, 9)));
    await Deno.mkdir(join(folder, "runs", "bare"));
    await Deno.writeTextFile(join(folder, "runs", "bare", "events.jsonl"), toLines([runRecord()]));
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("all that can be exported, from one run: steps that a resume took back are left out", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await exported(
      folder,
      "one",
      ...["--csv", "csv", "--tensorboard", "logs", "--gif", "x/a.gif", "--sheet", "sheet.png"],
    );
    assert.deepEqual([code, stderr], [0, ""]);
    const table = async (name: string) => (await Deno.readTextFile(join(folder, "csv", name))).split("\r\n");
    const rows = (await table("steps.csv")).slice(1, -1).map((line) => line.split(","));
    assert.deepEqual(rows.map(([step, , , , estimate]) => [step, estimate]), [
      ...[1, 2, 3, 4].map((step) => [`${step}`, `${step / 100}`]),
      ["5", "-1.5"],
      ["6", "0.06"],
    ]);
    assert.deepEqual(rows[4]!.slice(5), [
      ...["-0.05", "0.05", "0", "-5", "10", "7", "0.5", "1", "0.5", "100", "200", "1050"],
    ]);
    assert.equal(rows[0]![8], "");
    assert.deepEqual(await table("samples.csv"), [
      "step,file,diversity",
      "5,samples/a.png,0.5",
      "6,samples/b.png,",
      "",
    ]);
    assert.deepEqual(await table("heldout.csv"), ["step,critic_cost,mean_real,mean_training,mean_fake", ""]);
    assert.equal((await table("workers.csv")).length, 1 + 2 * 6 + 1);
    const [events] = [...Deno.readDirSync(join(folder, "logs"))];
    assert.match(events!.name, /^events\.out\.tfevents\.1772366400\.example$/);
    const gif = await Deno.readFile(join(folder, "x", "a.gif"));
    assert.equal(new TextDecoder().decode(gif.subarray(0, 6)), "GIF89a");
    assert.ok((await Deno.stat(join(folder, "sheet.png"))).size > 0);
    const series = await exported(folder, "one", "--series");
    // The made-up steps hold numbers that are no float32, such as 0.01: none finds a row.
    assert.match(series.stdout, /^runs\/one\/events\.series: rows for 0 of 8 steps\n$/);
  }));

Deno.test("what a person does wrong gets one line and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const table: [args: string[], message: RegExp][] = [
      [[], /^Cannot export: name the run, e\.g\. deno task export latest --gif samples\.gif\n$/],
      [
        ["one"],
        /^Cannot export: one of --csv, --tensorboard, --gif, --apng, --sheet, --onnx and --series is required, found none\n$/,
      ],
      [["on", "--csv", "x"], /^Cannot find run on in runs: did you mean one\?\n$/],
      [
        ["bare", "--gif", "x.gif"],
        /^Cannot show samples of runs\/bare: it has no pictures yet; was the run stopped before its first step\?\n$/,
      ],
      [
        ["one", "--csv", "file"],
        /^Cannot export runs\/one: the folder to write to must be writable, found .* \(os error \d+\).*\n$/,
      ],
    ];
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await exported(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
    }
  }));

Deno.test("a picture of samples that is damaged is named, and left out when it is removed", () =>
  inFolder(async (folder) => {
    const path = join(folder, "runs", "one", "samples", "b.png");
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, 40));
    for (const args of [["--gif", "x.gif"], ["--tensorboard", "x"]]) {
      const { code, stderr } = await exported(folder, "one", ...args);
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /^Cannot read samples runs\/one\/samples\/b\.png: a whole PNG .* damaged one \(.*\); remove the file to leave it out\n$/,
      );
    }
    await Deno.remove(path);
    assert.equal((await exported(folder, "one", "--gif", "x.gif", "--tensorboard", "x")).code, 0);
  }));
