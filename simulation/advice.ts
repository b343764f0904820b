/** What binds a simulated run, and which way of sending to take. */
import type { Mode } from "./physics.ts";
import type { Part, Parts } from "./measure.ts";

/** Each further mode loses more of the numbers, or lets learners drift: it must make so many times the images/s. */
const WORTHWHILE = 1.1;

/** What a mode makes. */
export interface ModeOutcome {
  readonly mode: Mode;
  readonly images_per_second: number;
}

/** The mode to use, of those in the order of what they lose: the last one that was worth its loss. */
export function bestMode<M extends ModeOutcome>(modes: readonly M[]): M {
  return modes.reduce((best, mode) =>
    mode.images_per_second >= WORTHWHILE * best.images_per_second ? mode : best
  );
}

/** The part of a step that takes longest. */
export function bindingPart(parts: Parts): Part {
  const names = Object.keys(parts) as Part[];
  return names.reduce((a, b) => (parts[b] > parts[a] ? b : a));
}
