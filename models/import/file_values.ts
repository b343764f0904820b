/** The values of a file by their names; those of graphs within it, which are written out once or often, have new names. */
import type { Known } from "./known.ts";

export class FileValues {
  readonly #known = new Map<string, Known>();
  /** Names that the file's nodes write, and those taken for what stands in their place. */
  readonly #reserved: Set<string>;
  /** Graphs that are being written out, the outermost first: what each of their names is called. */
  readonly #scopes: Map<string, string>[] = [];
  #num_fresh = 0;

  /** `written`: names that the file's own nodes write. `isTaken`: whether the new graph has a name. */
  constructor(written: Iterable<string>, private readonly isTaken: (name: string) => boolean) {
    this.#reserved = new Set(written);
  }

  /** Value of a name in the innermost graph that has it. */
  get(name: string): Known | undefined {
    const scope = this.#scopes.findLast((names) => names.has(name));
    return this.#known.get(scope?.get(name) ?? name);
  }

  /** Writes a value of the innermost graph; false where that has one of this name. */
  set(name: string, known: Known): boolean {
    const scope = this.#scopes.at(-1);
    if (scope === undefined ? this.#known.has(name) : scope.has(name)) return false;
    const own = scope === undefined ? name : this.reserve(name);
    scope?.set(name, own);
    this.#known.set(own, known);
    return true;
  }

  /** Runs what writes and reads the values of a graph within the file's. */
  within<T>(run: () => T): T {
    this.#scopes.push(new Map());
    const result = run();
    this.#scopes.pop();
    return result;
  }

  /** A constant under a new name, which is seen everywhere. */
  add(stem: string, known: Known): string {
    const name = this.reserve(stem);
    this.#known.set(name, known);
    return name;
  }

  /** A name that neither graph has. */
  fresh(stem: string): string {
    let name = stem;
    while (this.isTaken(name) || this.#known.has(name)) name = `${stem}_${this.#num_fresh++}`;
    return name;
  }

  /** A name that no node of the file writes, now or later. */
  reserve(stem: string): string {
    let name = this.fresh(stem);
    while (this.#reserved.has(name)) name = this.fresh(`${stem}_${this.#num_fresh++}`);
    this.#reserved.add(name);
    return name;
  }
}
