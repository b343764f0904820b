/** The equations of Einsum: which label stands for each axis of the operands and of the result. */

/** Labels are single letters of the equation, and digits for the axes of an ellipsis, counted from the last. */
export interface EinsumEquation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Errors of an equation; the text says what was required and what was found. */
export class EinsumError extends Error {
  override name = "EinsumError";
}

/**
 * Reads an equation ("bij,bjk->bik", "...i->...", "ij,jk") for operands of these ranks. Without an arrow the result
 * has the axes of the ellipsis, then every label that occurs once, in alphabetical order. Source: ONNX Einsum-12.
 * Throws {@linkcode EinsumError}.
 */
export function parseEinsum(equation: string, ranks: readonly number[]): EinsumEquation {
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left!.split(",");
  if (more.length > 0) throw new EinsumError(`the equation must have at most one arrow: found ${equation}`);
  if (terms.length !== ranks.length) {
    throw new EinsumError(`${equation} must have as many terms as operands: found ${ranks.length} operands`);
  }
  const operands = terms.map((term, i) => labelsOf(equation, term, ranks[i]!));
  const extra = operands.flat().filter((label) => /\d/.test(label)).map(Number);
  const num_extra = extra.length === 0 ? 0 : Math.max(...extra) + 1;
  const output = right === undefined
    ? impliedOutput(operands, num_extra)
    : expanded(equation, right, num_extra);
  checkOutput(equation, operands, output);
  return { operands, output };
}

/** Labels of the axes of an ellipsis: the last axis is 0, so that operands of other ranks line up. */
function ellipsis(num_axes: number): string[] {
  if (num_axes > 10) throw new EinsumError(`an ellipsis must stand for at most 10 axes: found ${num_axes}`);
  return Array.from({ length: num_axes }, (_, i) => String(num_axes - 1 - i));
}

function expanded(equation: string, term: string, num_extra: number): string[] {
  const [before, after, ...more] = term.split("...");
  const letters = before! + (after ?? "");
  if (more.length > 0 || !/^[A-Za-z]*$/.test(letters)) {
    throw new EinsumError(`terms must be letters with at most one "...": found "${term}" in ${equation}`);
  }
  return after === undefined ? [...before!] : [...before!, ...ellipsis(num_extra), ...after];
}

function labelsOf(equation: string, term: string, rank: number): string[] {
  const num_letters = term.replaceAll("...", "").length;
  const labels = expanded(equation, term, Math.max(0, rank - num_letters));
  if (labels.length === rank) return labels;
  throw new EinsumError(`"${term}" in ${equation} must name ${rank} axes: found ${labels.length}`);
}

function impliedOutput(operands: readonly (readonly string[])[], num_extra: number): string[] {
  const all = operands.flat();
  const once = all.filter((label) => !/\d/.test(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis(num_extra), ...once.sort()];
}

function checkOutput(
  equation: string,
  operands: readonly (readonly string[])[],
  output: readonly string[],
): void {
  const unknown = output.find((label) => !operands.some((labels) => labels.includes(label)));
  if (unknown !== undefined) {
    throw new EinsumError(`"${unknown}" of the result of ${equation} must be in an operand`);
  }
  if (new Set(output).size < output.length) {
    throw new EinsumError(`labels of the result must be distinct: found ${equation}`);
  }
}
