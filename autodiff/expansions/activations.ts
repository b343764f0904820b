/** Activations by way of elementary functions. The formulas are those of the ONNX operator specifications. */
import type { Value } from "../../onnx/builder.ts";
import type { Expansions, ExpansionSite } from "../expansion.ts";

function inputs(n: ExpansionSite): Value[] {
  return Array.from({ length: n.num_inputs }, (_, i) => n.x(i));
}

/** clip(alpha x + beta, 0, 1) */
function hardSigmoid(n: ExpansionSite, alpha: number, beta: number): Value {
  const line = n.add(n.mul(n.x(0), n.number(alpha)), n.number(beta));
  return n.op("Clip", [line, n.number(0), n.number(1)]);
}

/** x / 2 (1 + f), where f is about the sign of x where x is large */
function gate(n: ExpansionSite, f: Value): Value {
  return n.mul(n.mul(n.x(0), n.number(0.5)), n.add(f, n.number(1)));
}

export const ACTIVATION_EXPANSIONS = {
  /** x / 2 (1 + erf(x / sqrt 2)), or x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks, Gimpel 2016) */
  Gelu: (n) => {
    const x = n.x(0);
    if (n.string("approximate") !== "tanh") return gate(n, n.op("Erf", [n.mul(x, n.number(Math.SQRT1_2))]));
    const cubic = n.mul(x, n.add(n.mul(n.mul(x, x), n.number(0.044715)), n.number(1)));
    return gate(n, n.op("Tanh", [n.mul(cubic, n.number(Math.sqrt(2 / Math.PI)))]));
  },
  /** alpha elu(x / alpha) */
  Celu: (n) => {
    const alpha = n.number(n.float("alpha", 1));
    return n.mul(n.op("Elu", [n.div(n.x(0), alpha)]), alpha);
  },
  /** x tanh(softplus(x)) */
  Mish: (n) => n.mul(n.x(0), n.op("Tanh", [n.op("Softplus", [n.x(0)])])),
  HardSigmoid: (n) => hardSigmoid(n, n.float("alpha", 0.2), n.float("beta", 0.5)),
  /** x clip(x / 6 + 1/2, 0, 1) */
  HardSwish: (n) => n.mul(n.x(0), hardSigmoid(n, 1 / 6, 0.5)),
  /** x where x > alpha, else 0 */
  ThresholdedRelu: (n) => {
    const above = n.op("Greater", [n.x(0), n.number(n.float("alpha", 1))]);
    return n.where(above, n.x(0), n.number(0));
  },
  /** x / (1 + |x|) */
  Softsign: (n) => n.div(n.x(0), n.add(n.op("Abs", [n.x(0)]), n.number(1))),
  Sum: (n) => inputs(n).reduce((sum, x) => n.add(sum, x)),
  Mean: (n) => n.mul(inputs(n).reduce((sum, x) => n.add(sum, x)), n.number(1 / n.num_inputs)),
} satisfies Expansions;
