/** Path of a run's data, found in its log without parsing every record. */
import { join } from "node:path";
import { NotRegularError, readRegularSync } from "../../common/files/regular_file.ts";

const SEGMENT = /^events(\.\d{4,})?\.jsonl$/;
const RESUME = '{"type":"resume"';

/** The path that the last start of the run was given; undefined where there is none, or no log that can be read. */
export function recordedData(folder: string): string | undefined {
  let data: unknown;
  try {
    // The first segment has no number.
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
      SEGMENT.test(name)
    )
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    const texts = names.flatMap((name) => textOf(join(folder, name)) ?? []);
    for (const [i, text] of texts.entries()) {
      if (i === 0) data = (recordAt(text, 0) as { config: { data: unknown } }).config.data;
      for (let at = text.indexOf(RESUME); at >= 0; at = text.indexOf(RESUME, at + 1)) {
        const { changed } = recordAt(text, at) as { changed: { data?: [unknown, unknown] } };
        if (changed.data !== undefined) data = changed.data[1];
      }
    }
  } catch {
    // The program itself says what is wrong with it.
  }
  return typeof data === "string" ? data : undefined;
}

/** null for what is no file. */
function textOf(path: string): string | null {
  try {
    return new TextDecoder().decode(readRegularSync(path));
  } catch (error) {
    if (error instanceof NotRegularError) return null;
    throw error;
  }
}

function recordAt(text: string, at: number): unknown {
  const end = text.indexOf("\n", at);
  return JSON.parse(text.slice(at, end < 0 ? text.length : end));
}
