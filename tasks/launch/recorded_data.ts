/** Paths of a run's data and labels, found in its log without parsing every record. */
import { join } from "node:path";
import { NotRegularError, readRegularSync } from "../../common/files/regular_file.ts";

const SEGMENT = /^events(\.\d{4,})?\.jsonl$/;
const RESUME = '{"type":"resume"';

/** Places of a run's data and labels. */
export interface RecordedPlaces {
  readonly data?: string;
  readonly labels?: string;
}

/** What the last start of the run was given; nothing where there is none, or no log that can be read. */
export function recordedPlaces(folder: string): RecordedPlaces {
  let data: unknown, labels: unknown;
  try {
    // The first segment has no number.
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
      SEGMENT.test(name)
    )
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    const texts = names.flatMap((name) => textOf(join(folder, name)) ?? []);
    for (const [i, text] of texts.entries()) {
      if (i === 0) ({ data, labels } = (recordAt(text, 0) as { config: Record<string, unknown> }).config);
      for (let at = text.indexOf(RESUME); at >= 0; at = text.indexOf(RESUME, at + 1)) {
        const { changed } = recordAt(text, at) as { changed: Record<string, [unknown, unknown]> };
        if (changed.data !== undefined) data = changed.data[1];
        if (changed.labels !== undefined) labels = changed.labels[1];
      }
    }
  } catch {
    // The program itself says what is wrong with it.
  }
  return { ...typeof data === "string" && { data }, ...typeof labels === "string" && { labels } };
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
