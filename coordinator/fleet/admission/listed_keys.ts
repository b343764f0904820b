/** The list of keys that let workers in: a file that is read again when it changes (`coordinator --allow-keys`). */
import { UserError } from "../../../common/errors.ts";
import { counted } from "../../../common/text/counted.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import type { AllowedKeys } from "../../../wire/proof/worker_key.ts";

/** A name, and a public key of 32 bytes. */
const ENTRY = /^(\S{1,128})\s+([0-9a-f]{64})$/i;
const MAX_SHOWN = 40;

/** A file's content, and by what a change of it is noticed. */
export interface KeyFile {
  readonly read: () => Promise<string>;
  /** Other words whenever the file is another one, or has been written to. */
  readonly version: () => Promise<string>;
  /** Its path, for people. */
  readonly path: string;
}

/** Names by key. Lines are a name and a public key; those that are empty or begin with # do not count. */
export function parseKeys(text: string, path: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, key] = ENTRY.exec(line) ?? [];
    if (name === undefined || key === undefined) {
      throw new UserError(
        `Cannot use key list ${path}: line ${
          i + 1
        } must be a name and a public key of 64 hexadecimal digits, found ` +
          `${JSON.stringify(cleanText(line, MAX_SHOWN))}; deno task keys --worker NAME prints such a line`,
      );
    }
    names.set(key.toLowerCase(), cleanText(name));
  }
  return names;
}

export class ListedKeys implements AllowedKeys {
  /** Called after the list has changed. */
  onchange: (() => void) | null = null;
  readonly #file: KeyFile;
  #names: ReadonlyMap<string, string>;
  /** The version of the file that was looked at last. */
  #version: string;
  /** The last look found no key where there had been some: many programs empty a file before they write it. */
  #was_empty = false;

  private constructor(file: KeyFile, names: ReadonlyMap<string, string>, version: string) {
    this.#file = file;
    this.#names = names;
    this.#version = version;
  }

  /** Throws {@linkcode UserError} where the file cannot be read, or is no list. */
  static async open(file: KeyFile): Promise<ListedKeys> {
    const version = await file.version();
    return new ListedKeys(file, parseKeys(await file.read(), file.path), version);
  }

  nameOf(public_key: string): string | null {
    return this.#names.get(public_key) ?? null;
  }

  /** e.g. "3 keys" */
  get count(): string {
    return counted(this.#names.size, "key");
  }

  /**
   * Reads the file again if it has changed. What there is to say then, or null. A file that is gone or is no list changes
   * nothing: the keys that were read before still count. One without any key counts once it was found twice.
   */
  async refresh(): Promise<string | null> {
    const version = await this.#file.version().catch((error: Error) => error.message);
    if (version === this.#version) return null;
    this.#version = version;
    try {
      const names = parseKeys(await this.#file.read(), this.#file.path);
      if (names.size === 0 && this.#names.size > 0 && !this.#was_empty) {
        this.#was_empty = true;
        this.#version = "";
        return null;
      }
      this.#was_empty = false;
      this.#names = names;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `${why}; the previous list stays in force (${this.count})`;
    }
    this.onchange?.();
    return `Read ${this.#file.path} again: it has ${this.count}`;
  }
}
