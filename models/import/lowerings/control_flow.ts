/**
 * If, Loop and Scan, whose graphs are written out: which branch is taken, and how often, must be known before. Source:
 * ONNX operators If 11, Loop 11 and Scan 11.
 */
import type { Constant } from "../constant_folding.ts";
import { type Known, numbersIn } from "../known.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";
import { joined, parted } from "./time_axis.ts";

/** More rounds are not written out. */
const MAX_ROUNDS = 1024;

const EXPORT_STATIC = "export it with fixed sizes and conditions (dynamo=True traces them)";

/** One truth value that must be known. */
function truth(n: LoweringSite, known: Known, what: string): boolean {
  const [item] = numbersIn(known) ?? [];
  return item === undefined ? n.fail(`its ${what} must be constant; ${EXPORT_STATIC}`) : item !== 0;
}

function constantOf({ value, weight, constant }: Known): Constant | undefined {
  return value === undefined && weight === undefined ? constant : undefined;
}

/** Results of all rounds along a new axis, in the order of the rounds or reversed. */
function stacked(n: LoweringSite, given: readonly Known[], axis: number, is_reverse = false): Known {
  const rounds = is_reverse ? given.toReversed() : given;
  const constants = rounds.map(constantOf);
  const isFlat = constants.every((constant) => constant !== undefined && constant.shape.length === 0);
  if (isFlat) {
    const items = constants.flatMap((constant) => constant!.items);
    return { constant: { element: constants[0]!.element, shape: [items.length], items } };
  }
  return { value: joined(n, rounds.map((round) => n.unsqueeze(n.valueFor(round), axis)), axis) };
}

function checkRounds(n: LoweringSite, rounds: number): void {
  if (rounds >= 1 && rounds <= MAX_ROUNDS) return;
  n.fail(
    `it must run 1 to ${MAX_ROUNDS} times, so that it can be unrolled: found ${rounds}; export shorter sequences`,
  );
}

function tripCount(n: LoweringSite): number {
  return numbersIn(n.input(0))?.[0] ?? n.fail(`its trip count must be constant; ${EXPORT_STATIC}`);
}

function loop(n: LoweringSite): readonly Known[] {
  const body = n.subgraph("body");
  const most = n.has(0) ? tripCount(n) : Infinity;
  const num_states = Math.max(n.known.length - 2, 0), num_scans = body.outputs.length - 1 - num_states;
  let states = Array.from({ length: num_states }, (_, i) => n.input(i + 2));
  const scans: Known[][] = Array.from({ length: num_scans }, () => []);
  let goesOn = !n.has(1) || truth(n, n.input(1), "condition"), round = 0;
  for (; goesOn && round < most; round++) {
    checkRounds(n, round + 1);
    const counter: Known = { constant: { element: "int64", shape: [], items: [round] } };
    const condition: Known = { constant: { element: "bool", shape: [], items: [1] } };
    const [next, ...given] = n.inline(body, [counter, condition, ...states]);
    states = given.slice(0, num_states);
    given.slice(num_states).forEach((scan, i) => scans[i]!.push(scan));
    goesOn = round + 1 < most && truth(n, next!, "condition");
  }
  if (num_scans > 0) checkRounds(n, round);
  return [...states, ...scans.map((scan) => stacked(n, scan, 0))];
}

function ints(n: LoweringSite, name: string, count: number): readonly number[] {
  return n.ints(name) ?? Array<number>(count).fill(0);
}

function scan(n: LoweringSite): readonly Known[] {
  const body = n.subgraph("body");
  const num_inputs = n.int("num_scan_inputs", 0), num_states = n.known.length - num_inputs;
  const num_outputs = body.outputs.length - num_states;
  const axes = ints(n, "scan_input_axes", num_inputs),
    directions = ints(n, "scan_input_directions", num_inputs);
  const slices = axes.map((given, i) => {
    const x = n.x(num_states + i), axis = n.axisOf(given, x.type.shape.length);
    checkRounds(n, n.extent(x, axis));
    const parts = parted(n, x, axis).map((part) => n.squeeze(part, axis));
    return directions[i] === 0 ? parts : parts.toReversed();
  });
  let states = Array.from({ length: num_states }, (_, i) => n.input(i));
  const scans: Known[][] = Array.from({ length: num_outputs }, () => []);
  for (const round of slices[0]?.keys() ?? []) {
    const given = n.inline(body, [...states, ...slices.map((parts) => ({ value: parts[round]! }))]);
    states = given.slice(0, num_states);
    given.slice(num_states).forEach((scan, i) => scans[i]!.push(scan));
  }
  const out_axes = ints(n, "scan_output_axes", num_outputs);
  const out_directions = ints(n, "scan_output_directions", num_outputs);
  return [...states, ...scans.map((scan, i) => stacked(n, scan, out_axes[i]!, out_directions[i] !== 0))];
}

export const CONTROL_FLOW_LOWERINGS = {
  If: (n) => n.inline(n.subgraph(truth(n, n.input(0), "condition") ? "then_branch" : "else_branch"), []),
  Loop: loop,
  Scan: scan,
} satisfies Lowerings;
