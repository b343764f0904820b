/** Operators that work element by element, with broadcasting where they take several inputs. */
import type { Attribute, Dim, ElementType } from "../graph.ts";
import { formatShape, product } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { elementOfCode } from "../tensor.ts";
import { ALL, BOOL, CLASSIC_FLOATS, FLOATS, INDICES, NUMERIC, SIGNED } from "../element_sets.ts";

type Elements = readonly ElementType[];

/** One input, the same type out. */
export function unary(
  allowed: Elements,
  attributes: Readonly<Record<string, Attribute["kind"]>> = {},
): Operator {
  return { inputs: [1, 1], outputs: [1, 1], attributes, infer: (site) => [site.typeIn(0, allowed)] };
}

/** Inputs of one element type, broadcast. `result`: element type of the output where it is another. */
function broadcasting(allowed: Elements, most: number, result?: ElementType): Operator {
  return {
    inputs: [most === 2 ? 2 : 1, most],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const element = site.commonElement(allowed);
      const shape = site.broadcast(site.inputs.map((_, i) => site.shape(i)));
      return [{ element: result ?? element, shape }];
    },
  };
}

const arithmetic = broadcasting(NUMERIC, 2);
const comparison = broadcasting(NUMERIC, 2, "bool");
const logic = broadcasting(BOOL, 2);
const extremum = broadcasting(NUMERIC, Infinity);
const sum = broadcasting(FLOATS, Infinity);

/** Products of extents, as shapes are computed. */
function productContents(site: Site): readonly Dim[] | undefined {
  const [a, b] = [site.maybeContents(0), site.maybeContents(1)];
  const is_shape = INDICES.includes(site.type(0).element) && a?.length === 1 && b?.length === 1;
  const isExtent = (dim: Dim) => typeof dim === "string" || dim >= 0;
  return is_shape && [...a, ...b].every(isExtent) ? [product([a[0]!, b[0]!])] : undefined;
}

function inferClip(site: Site) {
  const element = site.commonElement(NUMERIC);
  for (const i of [1, 2]) {
    if (site.has(i) && site.shape(i).length > 0) {
      site.fail(`bounds must be scalars: input ${i} has shape ${formatShape(site.shape(i))}`);
    }
  }
  return [{ element, shape: site.shape(0) }];
}

function inferCast(site: Site) {
  const code = site.int("to");
  const element = elementOfCode(code) ??
    site.fail(`attribute to must be a known element type: found ${code}`);
  return [{ element, shape: site.shape(0) }];
}

export const ELEMENTWISE = {
  Identity: { ...unary(ALL), contents: (site) => site.maybeContents(0) },
  Neg: unary(SIGNED),
  Abs: unary(NUMERIC),
  Sign: unary(NUMERIC),
  Floor: unary(FLOATS),
  Ceil: unary(FLOATS),
  /** Halves go to the even neighbour. */
  Round: unary(CLASSIC_FLOATS),
  Sqrt: unary(FLOATS),
  Exp: unary(FLOATS),
  Log: unary(FLOATS),
  Reciprocal: unary(FLOATS),
  Erf: unary(FLOATS),
  Tanh: unary(FLOATS),
  Sigmoid: unary(FLOATS),
  Softplus: unary(CLASSIC_FLOATS),
  Relu: unary([...FLOATS, "int8", "int16", "int32", "int64"]),
  LeakyRelu: unary(FLOATS, { alpha: "float" }),
  Elu: unary(CLASSIC_FLOATS, { alpha: "float" }),
  Selu: unary(CLASSIC_FLOATS, { alpha: "float", gamma: "float" }),
  Not: unary(BOOL),
  Add: arithmetic,
  Sub: arithmetic,
  Mul: { ...arithmetic, contents: productContents },
  Div: arithmetic,
  Pow: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      const { element } = site.typeIn(0, [...FLOATS, ...INDICES]);
      site.typeIn(1, NUMERIC);
      return [{ element, shape: site.broadcast([site.shape(0), site.shape(1)]) }];
    },
  },
  Min: extremum,
  Max: extremum,
  Sum: sum,
  Mean: sum,
  And: logic,
  Or: logic,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  Equal: broadcasting([...NUMERIC, "bool"], 2, "bool"),
  Where: {
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: {},
    infer: (site) => {
      site.typeIn(0, BOOL);
      const element = site.commonElement(ALL, [1, 2].values());
      return [{ element, shape: site.broadcast([site.shape(0), site.shape(1), site.shape(2)]) }];
    },
  },
  /** Bounds are optional scalars. */
  Clip: { inputs: [1, 3], outputs: [1, 1], attributes: {}, infer: inferClip },
  /** `to`: TensorProto.DataType. */
  Cast: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { to: "int" },
    infer: inferCast,
    contents: (site) => {
      const is_exact = [site.type(0), ...inferCast(site)].every(({ element }) => INDICES.includes(element));
      return is_exact ? site.maybeContents(0) : undefined;
    },
  },
} satisfies Record<string, Operator>;
