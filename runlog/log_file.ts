/** The log as a file on disk, opened to be appended to, with its sidecar beside it. */
import { dirname, join } from "node:path";
import { SERIES_NAME } from "./series.ts";
import { SeriesWriter } from "./series_file.ts";
import { LogWriter, type Sink } from "./writer.ts";
import { explainWriteFailure } from "./write_failure.ts";

const NEWLINE = 0x0a;

/** Whether the file of this size ends in mid-line, as after a crash. */
async function endsInMidLine(file: Deno.FsFile, size: number): Promise<boolean> {
  if (size === 0) return false;
  await file.seek(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  await file.read(last);
  return last[0] !== NEWLINE;
}

/**
 * Opens the log at `path`, or makes it, to append records. A line that a crash cut off is ended first, so that
 * it does not swallow the next. Throws {@linkcode UserError} if it cannot be written.
 */
export async function openLog(path: string): Promise<LogWriter> {
  try {
    const file = await Deno.open(path, { read: true, append: true, create: true });
    let { size } = await file.stat();
    if (await endsInMidLine(file, size)) size += await file.write(Uint8Array.of(NEWLINE));
    const series = join(dirname(path), SERIES_NAME);
    const follower = size === 0 ? SeriesWriter.create(series) : await SeriesWriter.append(series, size);
    const sink: Sink = {
      write: (bytes) => file.write(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    };
    return new LogWriter(sink, path, size, follower);
  } catch (error) {
    throw explainWriteFailure(path, error);
  }
}
