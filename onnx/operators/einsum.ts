/** Sums of products over named axes. */
import type { Dim, TensorType } from "../graph.ts";
import { type EinsumEquation, EinsumError, parseEinsum } from "../einsum.ts";
import type { Operator, Site } from "../operator.ts";
import { NUMERIC } from "../element_sets.ts";

function equationOf(site: Site): EinsumEquation {
  const equation = site.string("equation") ?? site.fail("attribute equation must be present");
  try {
    return parseEinsum(equation, site.inputs.map((_, i) => site.shape(i).length));
  } catch (error) {
    if (error instanceof EinsumError) return site.fail(error.message);
    throw error;
  }
}

/** One extent per label: those of one label are equal, or 1 in some operands, which then broadcast. */
function inferEinsum(site: Site): readonly TensorType[] {
  const element = site.commonElement(NUMERIC.filter((element) => element !== "bfloat16"));
  const { operands, output } = equationOf(site);
  const extents = new Map<string, Dim>();
  for (const [i, labels] of operands.entries()) {
    for (const [axis, label] of labels.entries()) {
      const extent = site.shape(i)[axis]!, known = extents.get(label) ?? 1;
      if (extent !== known && extent !== 1 && known !== 1) {
        site.fail(`all axes "${label}" must have the same size: found ${known} and ${extent}`);
      }
      if (known === 1) extents.set(label, extent);
    }
  }
  return [{ element, shape: output.map((label) => extents.get(label)!) }];
}

export const EINSUM = {
  Einsum: {
    inputs: [1, Infinity],
    outputs: [1, 1],
    attributes: { equation: "string" },
    infer: inferEinsum,
  },
} satisfies Record<string, Operator>;
