/** The parts of a step's time. */
import type { Summary } from "../runlog/summary/summary.ts";

/** Names of the parts, and the mean of each in ms: they add up to the whole, since computing is taken out of the waiting. */
export function stepParts(timings: Summary["timings"]): readonly (readonly [name: string, ms: number])[] {
  const of = (phase: keyof typeof timings) => timings[phase].mean_ms ?? 0;
  return [
    ["computing (the slowest worker)", of("compute")],
    ["transfer and waiting", of("wait") - of("compute")],
    ["receiving and summing gradients", of("sum")],
    ["updating weights", of("update")],
    ["sending weights", of("send")],
    ["the rest", of("other")],
  ];
}
