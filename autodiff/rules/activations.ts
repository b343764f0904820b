/** Rules of activations beyond the elementary functions. */
import type { Rules } from "../rule.ts";

export const ACTIVATION_RULES = {
  /** dx = dy cos(x) */
  Sin: [(n) => n.mul(n.dy, n.op("Cos", [n.x(0)]))],
  /** dx = -dy sin(x) */
  Cos: [(n) => n.neg(n.mul(n.dy, n.op("Sin", [n.x(0)])))],
  /** dx = dy / (1 + x^2) */
  Atan: [(n) => n.div(n.dy, n.add(n.number(1), n.mul(n.x(0), n.x(0))))],
  /** y = x where x > 0, else slope x: dx = dy where x > 0, else slope dy; dslope = dy x where x <= 0, else 0 */
  PRelu: [
    (n) => {
      const isPositive = n.op("Greater", [n.x(0), n.number(0)]);
      return n.mul(n.dy, n.where(isPositive, n.number(1), n.x(1)));
    },
    (n) => {
      const isPositive = n.op("Greater", [n.x(0), n.number(0)]);
      return n.where(isPositive, n.number(0), n.mul(n.dy, n.x(0)));
    },
  ],
} satisfies Rules;
