/** Data files for tests: made in a folder of their own, and what is read of them or said about them. */
import { join } from "node:path";
import { decodeExamples } from "../../../coordinator/data/data_set.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import { loadData } from "../../../coordinator/data/load.ts";

export async function inTempFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** What reading came to: examples of so many numbers, or the message of a refusal, in which F is the file. */
export interface Outcome {
  readonly shape?: readonly number[];
  readonly values?: readonly number[];
  readonly bytes?: Uint8Array;
  readonly sha256?: string;
  readonly notes: readonly string[];
  readonly error?: string;
  /** True if the error is one for users: a line without a stack trace, exit code 2. */
  readonly is_users?: boolean;
}

/** Reads what is at a path, as `--data` does. `hidden`: what of the path messages are given without. */
export async function read(path: string, hidden: string): Promise<Outcome> {
  const notes: string[] = [];
  try {
    const data = await loadData(path, undefined, {
      ...UNWATCHED,
      say: (note) => void notes.push(note),
    });
    const values = data.encoding === "float32" ? [...decodeExamples(data.bytes, "float32")] : undefined;
    return {
      shape: [data.num_examples, ...data.example_shape],
      ...values && { values },
      bytes: data.bytes,
      sha256: await data.sha256(),
      notes,
    };
  } catch (caught) {
    const error = caught as Error;
    return {
      notes,
      error: error.message.replaceAll(hidden, "F"),
      is_users: error.name === "UserError" && !error.message.includes("\n"),
    };
  }
}

/** Reads a file of this content. `part`: what follows its name in --data. */
export async function readFile(name: string, content: string | Uint8Array, part = ""): Promise<Outcome> {
  return await inTempFolder(async (folder) => {
    const file = join(folder, name);
    await Deno.writeFile(file, bytesOf(content));
    return await read(file + part, file);
  });
}
