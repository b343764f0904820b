/**
 * RNN, GRU and LSTM, unrolled over a time axis whose extent is known. Legend of shapes: T time, N batch, I input, H
 * hidden, D directions. Source: ONNX operators RNN, GRU and LSTM, version 14.
 */
import type { Value } from "../../../onnx/builder.ts";
import type { Known } from "../known.ts";
import { uniformItem } from "../uniform.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";
import { type Activation, activationsOf } from "./recurrent_activations.ts";
import { cellWeights, ofDirection } from "./recurrent_weights.ts";
import { joined, parted } from "./time_axis.ts";

/** More steps are not unrolled: each is a dozen nodes, and three times as many behind them. */
export const MAX_STEPS = 256;

/** State passed from one step to the next; null is zero. */
interface State {
  readonly h: Value | null;
  readonly c: Value | null;
}

/** Weights of one direction, and how a step goes. */
interface Cell {
  readonly n: LoweringSite;
  readonly hidden: number;
  /** [G H, H] and [G H], for G gates; no bias is null. */
  readonly recurrent: Value;
  readonly bias: Value | null;
  /** [3 H] of LSTM. */
  readonly peepholes: Value | null;
  readonly activations: readonly Activation[];
}

/** `x`: what the input adds to each gate [N, G H], its bias included. */
type Step = (cell: Cell, x: Value, state: State) => State;

/** a + b, where nothing is null. */
function plus(n: LoweringSite, a: Value, b: Value | null): Value {
  return b === null ? a : n.add(a, b);
}

function times(n: LoweringSite, a: Value, b: Value | null): Value | null {
  return b === null ? null : n.mul(a, b);
}

/** h R^T + b, null where both are. */
function recurrence({ n, bias }: Cell, h: Value | null, weights: Value, own = bias): Value | null {
  const product = h && n.op("MatMul", [h, n.transpose(weights, [1, 0])]);
  return product ? plus(n, product, own) : own;
}

function gates(n: LoweringSite, x: Value, axis: number, hidden: number, count: number): readonly Value[] {
  return n.split(x, axis, Array<number>(count).fill(hidden));
}

/** h = f(x W^T + h R^T + b) */
const rnnStep: Step = (cell, x, { h }) => ({
  h: cell.activations[0]!(plus(cell.n, x, recurrence(cell, h, cell.recurrent))),
  c: null,
});

/** z, r = f(...), n = g(x + r (h R^T + b)) or g(x + (r h) R^T + b), h = (1 - z) n + z h */
const gruStep: Step = (cell, x, { h }) => {
  const { n, hidden, recurrent, bias, activations: [f, g] } = cell;
  const [xz, xr, xn] = gates(n, x, 1, hidden, 3);
  const mixed = (z: Value, candidate: Value): State => {
    const fresh = n.mul(n.sub(n.number(1), z), candidate);
    return { h: plus(n, fresh, times(n, z, h)), c: null };
  };
  if (n.int("linear_before_reset", 0) !== 0) {
    const back = recurrence(cell, h, recurrent);
    const [hz, hr, hn] = back ? gates(n, back, back.type.shape.length - 1, hidden, 3) : [null, null, null];
    const r = f!(plus(n, xr!, hr!)), z = f!(plus(n, xz!, hz!));
    return mixed(z, g!(plus(n, xn!, times(n, r, hn!))));
  }
  const [rz, rr, rn] = gates(n, recurrent, 0, hidden, 3);
  const [bz, br, bn] = bias ? gates(n, bias, 0, hidden, 3) : [null, null, null];
  const r = f!(plus(n, xr!, recurrence(cell, h, rr!, br!))),
    z = f!(plus(n, xz!, recurrence(cell, h, rz!, bz!)));
  return mixed(z, g!(plus(n, xn!, recurrence(cell, times(n, r, h), rn!, bn!))));
};

/** i, o, f and c of x W^T + h R^T + b: c = f c + i g(c), h = o k(c) */
const lstmStep: Step = (cell, x, { h, c }) => {
  const { n, hidden, peepholes, activations: [f, g, k] } = cell;
  const [xi, xo, xf, xc] = gates(n, plus(n, x, recurrence(cell, h, cell.recurrent)), 1, hidden, 4);
  const [pi, po, pf] = peepholes ? gates(n, peepholes, 0, hidden, 3) : [null, null, null];
  const peeped = (gate: Value, weights: Value | null, at: Value | null) =>
    weights && at ? n.add(gate, n.mul(weights, at)) : gate;
  const i = f!(peeped(xi!, pi!, c)), forget = f!(peeped(xf!, pf!, c));
  const next = plus(n, n.mul(i, g!(xc!)), times(n, forget, c));
  return { h: n.mul(f!(peeped(xo!, po!, next)), k!(next)), c: next };
};

/** How many gates, and the step. */
interface Kind {
  readonly num_gates: number;
  readonly step: Step;
  readonly activations: readonly string[];
}

const RNN: Kind = { num_gates: 1, step: rnnStep, activations: ["Tanh"] };
const GRU: Kind = { num_gates: 3, step: gruStep, activations: ["Sigmoid", "Tanh"] };
const LSTM: Kind = { num_gates: 4, step: lstmStep, activations: ["Sigmoid", "Tanh", "Tanh"] };

const DIRECTIONS = {
  forward: ["forward"],
  reverse: ["reverse"],
  bidirectional: ["forward", "reverse"],
} as const;

function directionsOf(n: LoweringSite): readonly ("forward" | "reverse")[] {
  const name = n.string("direction") ?? "forward";
  if (Object.hasOwn(DIRECTIONS, name)) return DIRECTIONS[name as keyof typeof DIRECTIONS];
  return n.fail(`its direction must be ${Object.keys(DIRECTIONS).join(", ")}: found ${name}`);
}

/** Extent of the time axis. */
function stepsOf(n: LoweringSite, x: Value): number {
  const [steps] = x.type.shape;
  if (typeof steps !== "number") {
    return n.fail(
      `its time axis must have a fixed size, so that it can be unrolled: found ${steps}; export it with sequences of a fixed length`,
    );
  }
  if (steps < 1 || steps > MAX_STEPS) {
    n.fail(
      `its time axis must have 1 to ${MAX_STEPS} steps, so that it can be unrolled: found ${steps}; export shorter sequences`,
    );
  }
  if (n.has(4) && uniformItem(n.known[4]) !== steps) {
    n.fail(
      `all its sequence_lens must be ${steps}, the size of the time axis; export it without separate lengths for each example`,
    );
  }
  return steps;
}

function checkAttributes(n: LoweringSite): void {
  for (const name of ["clip", "input_forget"]) {
    const { [name]: attribute } = n.node.attributes;
    if (attribute !== undefined && attribute.value !== 0) {
      n.fail(`its attribute ${name} must be absent: found ${attribute.value}; export it without`);
    }
  }
}

/** The cell of a direction, and what the inputs of all steps add to its gates [T, N, G H]. */
function cellOf(n: LoweringSite, kind: Kind, x: Value, direction: number): { cell: Cell; inputs: Value } {
  const suffix = directionsOf(n)[direction] === "reverse" ? "_reverse" : "";
  const { input, recurrent, biases } = cellWeights(n, direction, suffix);
  const hidden = n.extent(recurrent, 1), [own, bias] = biases ?? [null, null];
  const inputs = plus(n, n.op("MatMul", [x, n.transpose(input, [1, 0])]), own);
  const peepholes = kind === LSTM ? ofDirection(n, 7, direction) : null;
  const all = activationsOf(n, kind.activations, directionsOf(n).length);
  const count = kind.activations.length;
  const activations = all.slice(direction * count, (direction + 1) * count);
  return { cell: { n, hidden, recurrent, bias, peepholes, activations }, inputs };
}

/** Results of one direction: h of each step in the order of time, and the last state. */
function unrolled(
  n: LoweringSite,
  kind: Kind,
  x: Value,
  direction: number,
): { hs: readonly Value[]; last: State } {
  const { cell, inputs } = cellOf(n, kind, x, direction);
  const is_batch_first = n.int("layout", 0) !== 0, axis = is_batch_first ? 1 : 0;
  const is_reverse = directionsOf(n)[direction] === "reverse";
  const steps = parted(n, inputs, 0).map((step) => n.squeeze(step, 0));
  let state: State = { h: ofDirection(n, 5, direction, axis), c: null };
  if (kind === LSTM) state = { ...state, c: ofDirection(n, 6, direction, axis) };
  const hs: Value[] = [];
  for (const step of is_reverse ? steps.toReversed() : steps) {
    state = kind.step(cell, step, state);
    hs.push(state.h!);
  }
  return { hs: is_reverse ? hs.toReversed() : hs, last: state };
}

function recurrentLowering(kind: Kind) {
  return (n: LoweringSite): readonly Known[] => {
    checkAttributes(n);
    const is_batch_first = n.int("layout", 0) !== 0;
    const x = is_batch_first ? n.transpose(n.x(0), [1, 0, 2]) : n.x(0);
    if (x.type.shape.length !== 3) n.fail(`its input 0 must have rank 3: found ${x.type.shape.length}`);
    stepsOf(n, x);
    const ways = directionsOf(n).map((_, direction) => unrolled(n, kind, x, direction));
    const stacked = (values: readonly Value[], axis: number) =>
      joined(n, values.map((value) => n.unsqueeze(value, axis)), axis);
    const all = () => {
      const y = stacked(ways.map(({ hs }) => stacked(hs, 0)), 1);
      return is_batch_first ? n.transpose(y, [2, 0, 1, 3]) : y;
    };
    const last = (of: (state: State) => Value) =>
      stacked(ways.map((way) => of(way.last)), is_batch_first ? 1 : 0);
    const outputs = [all, () => last(({ h }) => h!), () => last(({ c }) => c!)];
    return n.node.outputs.map((name, i) => name === "" ? {} : { value: outputs[i]!() });
  };
}

export const RECURRENT_LOWERINGS = {
  RNN: recurrentLowering(RNN),
  GRU: recurrentLowering(GRU),
  LSTM: recurrentLowering(LSTM),
} satisfies Lowerings;
