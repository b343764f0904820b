/** The log as a file on disk, opened to be appended to. */
import { LogWriter, type Sink } from "./writer.ts";
import { explainWriteFailure } from "./write_failure.ts";

const NEWLINE = 0x0a;

/** Whether the file ends in mid-line, as after a crash. */
async function endsInMidLine(file: Deno.FsFile): Promise<boolean> {
  const { size } = await file.stat();
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
    if (await endsInMidLine(file)) await file.write(Uint8Array.of(NEWLINE));
    const sink: Sink = {
      write: (bytes) => file.write(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    };
    return new LogWriter(sink, path);
  } catch (error) {
    throw explainWriteFailure(path, error);
  }
}
