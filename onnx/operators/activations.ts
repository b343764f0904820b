/** Activations beyond the elementary functions, and Dropout. */
import type { TensorType } from "../graph.ts";
import { broadcast, formatShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { unary } from "./elementwise.ts";
import { BOOL, CLASSIC_FLOATS, FLOATS, WIDE } from "../element_sets.ts";

/** The slope broadcasts to the shape of x, never the other way round. */
function inferPRelu(site: Site): readonly TensorType[] {
  const element = site.commonElement(WIDE);
  const [shape, slope] = [site.shape(0), site.shape(1)];
  const out = broadcast(shape, slope);
  if (out === undefined || out.length > shape.length || out.some((dim, i) => dim !== shape[i])) {
    site.fail(`slope must broadcast to ${formatShape(shape)}: found ${formatShape(slope)}`);
  }
  return [{ element, shape }];
}

function inferGelu(site: Site): readonly TensorType[] {
  const kind = site.string("approximate") ?? "none";
  if (kind !== "none" && kind !== "tanh") {
    site.fail(`attribute approximate must be none or tanh: found ${kind}`);
  }
  return [site.typeIn(0, FLOATS)];
}

/** y, and where the mask is asked for, what was kept. Ratio and training_mode are scalars. */
function inferDropout(site: Site): readonly TensorType[] {
  const type = site.typeIn(0, FLOATS);
  if (site.has(1)) site.typeIn(1, CLASSIC_FLOATS);
  if (site.has(2)) site.typeIn(2, BOOL);
  for (const i of [1, 2]) {
    if (site.has(i) && site.shape(i).length > 0) {
      site.fail(`input ${i} must be a scalar: found shape ${formatShape(site.shape(i))}`);
    }
  }
  return [type, { element: "bool", shape: type.shape }];
}

export const ACTIVATIONS = {
  Sin: unary(CLASSIC_FLOATS),
  Cos: unary(CLASSIC_FLOATS),
  Atan: unary(CLASSIC_FLOATS),
  Softsign: unary(CLASSIC_FLOATS),
  Celu: unary(["float32"], { alpha: "float" }),
  HardSigmoid: unary(CLASSIC_FLOATS, { alpha: "float", beta: "float" }),
  HardSwish: unary(CLASSIC_FLOATS),
  ThresholdedRelu: unary(CLASSIC_FLOATS, { alpha: "float" }),
  Mish: unary(CLASSIC_FLOATS),
  PRelu: { inputs: [2, 2], outputs: [1, 1], attributes: {}, infer: inferPRelu },
  /** Opset 20. */
  Gelu: { inputs: [1, 1], outputs: [1, 1], attributes: { approximate: "string" }, infer: inferGelu },
  Dropout: { inputs: [1, 3], outputs: [1, 2], attributes: { seed: "int" }, infer: inferDropout },
} satisfies Record<string, Operator>;
