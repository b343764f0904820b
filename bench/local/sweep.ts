/**
 * The sweep over local steps: which runs it consists of, in the order in which they are of most use, and a file of those
 * that are done, so that it can be stopped and go on at any time.
 */
import { join } from "node:path";

/** How a run of the sweep is averaged; `local_steps` 0: it is summed at every step. */
export interface LocalMode {
  readonly local_steps: number;
  readonly outer: "plain" | "nesterov";
}

/** One run. */
export interface Cell extends LocalMode {
  readonly preset: string;
  readonly seed: number;
  /** Its length, and what it trains on. */
  readonly steps: number;
  readonly data: string;
}

/** What a run came to. */
export interface DoneCell extends Cell {
  readonly sliced_wasserstein: number;
  readonly weights_sha256: string;
}

const LENGTHS = [1, 5, 25, 100, 400];
/** The rounds that all runs have a whole number of. */
export const LONGEST = LENGTHS.at(-1)!;

export const SYNCHRONOUS: LocalMode = { local_steps: 0, outer: "plain" };
export const MODES: readonly LocalMode[] = [
  SYNCHRONOUS,
  ...LENGTHS.flatMap((local_steps) => [
    { local_steps, outer: "plain" as const },
    { local_steps, outer: "nesterov" as const },
  ]),
];

export interface SweepPreset {
  readonly preset: string;
  readonly steps: number;
}

/** All runs: a seed is done with every mode before the next one begins. */
export function cellsOf(
  presets: readonly SweepPreset[],
  { seeds, steps, data }: { readonly seeds: number; readonly steps: number | null; readonly data: string },
): Cell[] {
  return Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    presets.flatMap(({ preset, steps: own }) =>
      MODES.map((mode) => ({ ...mode, preset, seed, steps: steps ?? own, data }))
    )
  );
}

function keyOf({ preset, seed, steps, data, local_steps, outer }: Cell): string {
  return JSON.stringify([preset, seed, steps, data, local_steps, outer]);
}

/** Runs that are done, in a file of JSON lines. */
export class SweepFile {
  readonly #path: string;
  readonly #done = new Map<string, DoneCell>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Reads what is there; a last line that was cut off does not count. */
  static async open(folder: string): Promise<SweepFile> {
    await Deno.mkdir(folder, { recursive: true });
    const file = new SweepFile(join(folder, "cells.jsonl"));
    const text = await Deno.readTextFile(file.#path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    for (const line of text.split("\n").slice(0, -1)) {
      const cell = JSON.parse(line) as DoneCell;
      file.#done.set(keyOf(cell), cell);
    }
    if (!text.endsWith("\n") && text !== "") {
      await Deno.writeTextFile(file.#path, text.slice(0, text.lastIndexOf("\n") + 1));
    }
    return file;
  }

  find(cell: Cell): DoneCell | undefined {
    return this.#done.get(keyOf(cell));
  }

  async add(cell: DoneCell): Promise<void> {
    this.#done.set(keyOf(cell), cell);
    await Deno.writeTextFile(this.#path, JSON.stringify(cell) + "\n", { append: true });
  }
}
