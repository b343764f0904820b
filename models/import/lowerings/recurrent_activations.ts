/** The activations that attributes of RNN, GRU and LSTM name, with their numbers. */
import type { Value } from "../../../onnx/builder.ts";
import type { LoweringSite } from "./lowering.ts";

export type Activation = (x: Value) => Value;

/** An activation by its numbers alpha and beta; defaults where it has them. */
interface Kind {
  readonly defaults: readonly number[];
  readonly of: (n: LoweringSite, x: Value, alpha: number, beta: number) => Value;
}

const plain = (op: "Sigmoid" | "Tanh" | "Relu" | "Softsign" | "Softplus"): Kind => ({
  defaults: [],
  of: (n, x) => n.op(op, [x]),
});

const KINDS: Readonly<Record<string, Kind>> = {
  sigmoid: plain("Sigmoid"),
  tanh: plain("Tanh"),
  relu: plain("Relu"),
  softsign: plain("Softsign"),
  softplus: plain("Softplus"),
  leakyrelu: { defaults: [0.01], of: (n, x, alpha) => n.op("LeakyRelu", [x], { alpha }) },
  thresholdedrelu: { defaults: [1], of: (n, x, alpha) => n.op("ThresholdedRelu", [x], { alpha }) },
  elu: { defaults: [1], of: (n, x, alpha) => n.op("Elu", [x], { alpha }) },
  hardsigmoid: { defaults: [0.2, 0.5], of: (n, x, alpha, beta) => n.op("HardSigmoid", [x], { alpha, beta }) },
  /** alpha tanh(beta x) */
  scaledtanh: {
    defaults: [1, 1],
    of: (n, x, alpha, beta) => n.mul(n.op("Tanh", [n.mul(x, n.number(beta))]), n.number(alpha)),
  },
  /** alpha x + beta */
  affine: { defaults: [1, 0], of: (n, x, alpha, beta) => n.add(n.mul(x, n.number(alpha)), n.number(beta)) },
};

/**
 * Those of all directions in turn: `defaults` for each, unless the node names them. Numbers are given in turn to the
 * activations that take one.
 */
export function activationsOf(
  n: LoweringSite,
  defaults: readonly string[],
  num_directions: number,
): readonly Activation[] {
  const count = defaults.length * num_directions;
  const names = n.strings("activations") ?? Array.from({ length: num_directions }, () => defaults).flat();
  if (names.length !== count) n.fail(`its activations must be ${count}: found ${names.join(", ")}`);
  const alphas = (n.floats("activation_alpha") ?? []).values();
  const betas = (n.floats("activation_beta") ?? []).values();
  return names.map((name) => {
    const kind = Object.hasOwn(KINDS, name.toLowerCase()) ? KINDS[name.toLowerCase()]! : undefined;
    if (kind === undefined) {
      return n.fail(`its activations must be among ${Object.keys(KINDS).join(", ")}: found ${name}`);
    }
    const [alpha, beta] = kind.defaults.map((otherwise, i) =>
      (i === 0 ? alphas : betas).next().value ?? otherwise
    );
    return (x) => kind.of(n, x, alpha ?? 0, beta ?? 0);
  });
}
