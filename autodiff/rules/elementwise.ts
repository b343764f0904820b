/**
 * Rules of operators that work element by element. dy is the gradient of the output y, x the inputs; where inputs
 * broadcast, a rule gives the gradient of the broadcast input. The derivative at a kink is stated where there is
 * one. None uses Sign, which has no WebGPU kernel.
 */
import type { Value } from "../../onnx/builder.ts";
import { elementCode } from "../../onnx/tensor.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";

/** dy where `condition` holds, else 0. */
function masked(n: RuleSite, condition: Value, dy: Value = n.dy): Value {
  return n.where(condition, dy, n.number(0));
}

function isPositive(n: RuleSite, x: Value): Value {
  return n.op("Greater", [x, n.number(0)]);
}

function isSquare({ node }: RuleSite): boolean {
  return node.inputs[0] === node.inputs[1];
}

/** dx_i = dy where x_i wins over every other input; of equal ones the first wins. */
function extremumRule(beats: "Greater" | "Less", ties: "GreaterOrEqual" | "LessOrEqual"): InputRule {
  return (n, index) =>
    n.node.inputs.reduce(
      (dx, _, other) =>
        other === index ? dx : masked(n, n.op(other < index ? beats : ties, [n.x(index), n.x(other)]), dx),
      n.dy,
    );
}

function castTo(n: RuleSite, value: Value, like: Value): Value {
  const { element } = like.type;
  return value.type.element === element ? value : n.op("Cast", [value], { to: elementCode(element) });
}

export const ELEMENTWISE_RULES = {
  /** dx = dy */
  Identity: [(n) => n.dy],
  /** dx = -dy */
  Neg: [(n) => n.neg(n.dy)],
  /** dx = dy sign(x), 0 at 0 */
  Abs: [(n) => {
    const negative = n.op("Less", [n.x(0), n.number(0)]);
    return n.where(isPositive(n, n.x(0)), n.dy, masked(n, negative, n.neg(n.dy)));
  }],
  /** dx = dy / (2 y) */
  Sqrt: [(n) => n.div(n.mul(n.dy, n.number(0.5)), n.y)],
  /** dx = dy y */
  Exp: [(n) => n.mul(n.dy, n.y)],
  /** dx = dy / x */
  Log: [(n) => n.div(n.dy, n.x(0))],
  /** dx = -dy y^2 */
  Reciprocal: [(n) => n.neg(n.mul(n.dy, n.mul(n.y, n.y)))],
  /** dx = dy 2 / sqrt(pi) exp(-x^2) */
  Erf: [(n) => {
    const bell = n.op("Exp", [n.neg(n.mul(n.x(0), n.x(0)))]);
    return n.mul(n.dy, n.mul(bell, n.number(2 / Math.sqrt(Math.PI))));
  }],
  /** dx = dy (1 - y^2) */
  Tanh: [(n) => n.mul(n.dy, n.sub(n.number(1), n.mul(n.y, n.y)))],
  /** dx = dy y (1 - y) */
  Sigmoid: [(n) => n.mul(n.dy, n.mul(n.y, n.sub(n.number(1), n.y)))],
  /** y = log(1 + exp(x)): dx = dy sigmoid(x) */
  Softplus: [(n) => n.mul(n.dy, n.op("Sigmoid", [n.x(0)]))],
  /** dx = dy where x > 0, else 0 */
  Relu: [(n) => masked(n, isPositive(n, n.x(0)))],
  /** dx = dy where x > 0, else alpha dy */
  LeakyRelu: [(n) => {
    const slope = n.where(isPositive(n, n.x(0)), n.number(1), n.number(n.float("alpha", 0.01)));
    return n.mul(n.dy, slope);
  }],
  /** y = alpha (exp(x) - 1) below 0: dx = dy where x > 0, else dy (y + alpha) */
  Elu: [(n) => {
    const below = n.add(n.y, n.number(n.float("alpha", 1)));
    return n.mul(n.dy, n.where(isPositive(n, n.x(0)), n.number(1), below));
  }],
  /** y = gamma alpha (exp(x) - 1) below 0: dx = dy gamma where x > 0, else dy (y + gamma alpha) */
  Selu: [(n) => {
    const gamma = n.float("gamma", 1.0507010221481323), alpha = n.float("alpha", 1.6732631921768188);
    const below = n.add(n.y, n.number(gamma * alpha));
    return n.mul(n.dy, n.where(isPositive(n, n.x(0)), n.number(gamma), below));
  }],
  /** da = dy, db = dy */
  Add: [(n) => n.dy, (n) => n.dy],
  /** da = dy, db = -dy */
  Sub: [(n) => n.dy, (n) => n.neg(n.dy)],
  /** da = dy b, db = dy a; of a square both at once: 2 dy a */
  Mul: [
    (n) => n.mul(isSquare(n) ? n.mul(n.dy, n.number(2)) : n.dy, n.x(1)),
    (n) => isSquare(n) ? null : n.mul(n.dy, n.x(0)),
  ],
  /** da = dy / b, db = -(dy / b) y */
  Div: [
    (n) => n.div(n.dy, n.x(1)),
    (n) => n.neg(n.mul(n.div(n.dy, n.x(1)), n.y)),
  ],
  /** dx = dy p x^(p - 1); dp = dy y log(x), for x > 0 */
  Pow: [
    (n) => {
      const p = n.exponent;
      const less = n.op("Pow", [n.x(0), n.sub(p, castTo(n, n.number(1), p))]);
      return n.mul(n.dy, n.mul(less, castTo(n, p, n.y)));
    },
    (n) => castTo(n, n.mul(n.dy, n.mul(n.y, n.op("Log", [n.x(0)]))), n.x(1)),
  ],
  /** dx_i = dy where x_i is the smallest, else 0 */
  Min: extremumRule("Less", "LessOrEqual"),
  /** dx_i = dy where x_i is the largest, else 0 */
  Max: extremumRule("Greater", "GreaterOrEqual"),
  /** da = dy where the condition holds, else 0; db the other way round */
  Where: [
    null,
    (n) => masked(n, n.x(0)),
    (n) => n.where(n.x(0), n.number(0), n.dy),
  ],
  /** dx = dy where low <= x <= high, else 0; dlow = dy where x < low; dhigh = dy where x > high */
  Clip: [
    (n) => {
      const above = n.has(1) ? masked(n, n.op("GreaterOrEqual", [n.x(0), n.x(1)])) : n.dy;
      return n.has(2) ? masked(n, n.op("LessOrEqual", [n.x(0), n.x(2)]), above) : above;
    },
    (n) => masked(n, n.op("Less", [n.x(0), n.x(1)])),
    (n) => masked(n, n.op("Greater", [n.x(0), n.x(2)])),
  ],
  /** dx = dy in the element type of x */
  Cast: [(n) => castTo(n, n.dy, n.x(0))],
} satisfies Rules;
