/** Rules of the critic doctor, and their findings. */
import { significant } from "../../common/significant.ts";
import type { Summary } from "../summary/summary.ts";

/** A generator that has made fewer steps is young: nothing can be said of it yet. */
export const MIN_GENERATOR_STEPS = 100;

/**
 * The part that a rule's fault spoils: the samples, as was seen in them; the critic, and so perhaps the samples; or only
 * the speed of the run.
 *
 * @example
 * ```ts
 * import type { Spoils } from "@wagon/wagon/runlog";
 *
 * const matters = (spoils: Spoils) => spoils !== "speed";
 * console.assert(matters("samples"));
 * ```
 */
export type Spoils = "samples" | "critic" | "speed";

/**
 * Observations of a rule.
 *
 * @example
 * ```ts
 * import type { Evidence } from "@wagon/wagon/runlog";
 *
 * const stepsOf = ({ first_step, last_step }: Pick<Evidence, "first_step" | "last_step">) => last_step - first_step + 1;
 * console.assert(stepsOf({ first_step: 1, last_step: 200 }) === 200);
 * ```
 */
export interface Evidence {
  /** The numbers in a sentence without a full stop. */
  readonly seen: string;
  /** Steps in which it was seen. */
  readonly first_step: number;
  /** Its last step. */
  readonly last_step: number;
  /** The same numbers, for a program. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What to change in this run, where the rule's own advice has no figures. */
  readonly change?: string;
  /** The run got over it by itself: worth knowing, and nothing to act upon. */
  readonly passed?: true;
}

export interface Rule {
  /** Stable: programs may know it. */
  readonly code: string;
  readonly spoils: Spoils;
  /** When it speaks, for docs/doctor.md. */
  readonly condition: string;
  /** The likely cause. */
  readonly cause: string;
  /** Advice, in the words of the command line. */
  readonly change: string;
  /** null: nothing is wrong, or it cannot be told yet. */
  find(summary: Summary): Evidence | null;
}

/**
 * The findings, with evidence and advice.
 *
 * @example
 * ```ts
 * import type { Finding } from "@wagon/wagon/runlog";
 *
 * const isProblem = ({ grade, spoils }: Pick<Finding, "grade" | "spoils">) => grade === "fault" && spoils !== "speed";
 * console.assert(!isProblem({ grade: "note", spoils: "critic" }));
 * ```
 */
export interface Finding extends Omit<Evidence, "passed" | "change"> {
  /** A note is nothing to act upon. */
  readonly grade: "fault" | "note";
  /** Stable: programs may know it. */
  readonly code: string;
  /** The part that it spoils. */
  readonly spoils: Spoils;
  /** The likely cause. */
  readonly cause: string;
  /** Advice, in the words of the command line. */
  readonly change: string;
}

/** A number in a sentence: three significant digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(1) : String(significant(value));
}

/** A share in a sentence. */
export function percent(share: number): string {
  return `${short(100 * share)} %`;
}
