/** Makes the sidecar of a run anew from its log: after it was lost, or for a log that was written without one. */
import { LineReader, noneSkipped } from "./reader.ts";
import { LogText } from "./segments.ts";
import { STEP_INDEX_NAME } from "./step_index.ts";
import { StepIndexWriter } from "./step_index_file.ts";

const NEWLINE = 0x0a;
/** Rows are written after this many lines. */
const LINES_AT_ONCE = 4096;

/** A whole line of a file, without its end, and where it begins. */
interface RawLine {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** The whole lines of a file; a last one without an end is left out. */
async function* rawLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine> {
  let rest = new Uint8Array(0);
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE, rest.length); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      yield { bytes: bytes.subarray(begin, end), offset: offset + begin };
      begin = end + 1;
    }
    offset += begin;
    rest = bytes.slice(begin);
  }
}

/**
 * Writes the sidecar of the run in `folder` anew, beside the old one, and then takes its place. Returns how many
 * steps have a row and how many were seen. Throws {@linkcode UserError} if it is no run, or what the operating
 * system says if the folder cannot be written to.
 */
export async function rebuildStepIndex(folder: string): Promise<{ num_rows: number; num_steps: number }> {
  using log = await LogText.open(folder);
  const path = `${folder}/${STEP_INDEX_NAME}`;
  const writer = StepIndexWriter.create(`${path}.part`);
  const lines = new LineReader(log.path, noneSkipped());
  const decoder = new TextDecoder();
  let [num_lines, num_steps] = [0, 0];
  try {
    for await (const { bytes, offset } of rawLines(log.bytes(0))) {
      const record = lines.take({ text: decoder.decode(bytes), complete: true });
      if (record) writer.add(record, offset, bytes.length + 1);
      if (record?.type === "step") num_steps++;
      if (++num_lines % LINES_AT_ONCE === 0) await writer.write();
    }
    lines.end();
    await writer.write();
  } finally {
    writer.close();
  }
  await Deno.rename(`${path}.part`, path);
  return { num_rows: writer.num_rows, num_steps };
}
