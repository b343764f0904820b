/** The tests of the rules can fail: each rule made a tenth too large, input by input, is seen. */
import assert from "node:assert/strict";
import { type GradientRule, type InputRule, inputRule, type Rules } from "../../autodiff/rule.ts";
import { type DifferentiableOp, GRADIENT_RULES } from "../../autodiff/rules.ts";
import { elementCode } from "../../onnx/tensor.ts";
import { differenceError, firstOrder } from "./checking.ts";
import { RULE_CASES } from "./rule_cases.ts";

/** Far above the tolerance of the rules' own test (1e-8). Smallest measured: 0.1. */
const SEEN = 0.05;

function scaled(rule: InputRule): InputRule {
  return (n, index) => {
    const gradient = rule(n, index);
    if (gradient === null) return null;
    const factor = n.op("Cast", [n.number(1.1)], { to: elementCode(gradient.type.element) });
    return n.mul(gradient, factor);
  };
}

/** The table with the rule of one input changed. */
function mutated(op: DifferentiableOp, input: number): Rules {
  const rule: GradientRule = GRADIENT_RULES[op];
  const width = typeof rule === "function" ? input + 1 : rule.length;
  const entries = Array.from({ length: Math.max(width, 3) }, (_, i) => inputRule(rule, i));
  return { ...GRADIENT_RULES, [op]: entries.map((entry, i) => entry && i === input ? scaled(entry) : entry) };
}

/** Inputs with a rule of their own; the first two where one rule serves all. */
function ruledInputs(rule: GradientRule): number[] {
  if (typeof rule === "function") return [0, 1];
  return [...rule.keys()].filter((i) => rule[i] !== null);
}

for (const op of Object.keys(GRADIENT_RULES) as DifferentiableOp[]) {
  for (const input of ruledInputs(GRADIENT_RULES[op])) {
    Deno.test(`a rule of ${op} that is a tenth too large for input ${input} is seen`, () => {
      const rules = mutated(op, input);
      // One case that shows it is enough.
      const seen = RULE_CASES[op].some((_, i) =>
        differenceError(firstOrder(op, i, "float64", rules), "loss", "_grad") >= SEEN
      );
      assert.ok(seen, `no case is off by ${SEEN}`);
    });
  }
}
