/** Convolutions over any number of spatial axes: input [N, channels, ...], weights [.., .., kernel ...]. */
import type { Attribute, Shape, TensorType } from "../graph.ts";
import { formatShape, isFixed } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { CLASSIC_FLOATS } from "../element_sets.ts";
import { convolutionWindows, transposedWindows } from "./window.ts";

const attributes: Readonly<Record<string, Attribute["kind"]>> = {
  auto_pad: "string",
  dilations: "ints",
  group: "int",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

interface Operands {
  readonly batch: Shape[number];
  readonly channels: number;
  readonly extents: readonly number[];
  readonly weights: readonly number[];
  readonly kernel: readonly number[];
  readonly group: number;
}

/** Input, weights and group, which must fit each other but for the channels. */
function operands(site: Site): Operands {
  const [batch] = site.shape(0), x = site.shape(0).slice(1), w = site.shape(1);
  if (x.length < 2 || w.length !== x.length + 1) {
    site.fail("input and weights must have the same rank of 3 or more");
  }
  if (!isFixed(x)) {
    return site.fail(`all axes after the batch must have fixed sizes: found ${formatShape(site.shape(0))}`);
  }
  if (!isFixed(w)) return site.fail(`the weights must have fixed sizes: found ${formatShape(w)}`);
  const group = site.int("group", 1), kernel = w.slice(2);
  if (group < 1) site.fail(`group must be 1 or more: found ${group}`);
  const stated = site.ints("kernel_shape") ?? kernel;
  if (stated.join() !== kernel.join()) {
    site.fail(
      `kernel_shape must agree with the weights, whose kernel is [${kernel.join(",")}]: found [${
        stated.join(",")
      }]`,
    );
  }
  const [channels, ...extents] = x;
  return { batch: batch!, channels: channels!, extents, weights: w, kernel, group };
}

function checkBias(site: Site, channels: number): void {
  if (site.has(2) && formatShape(site.shape(2)) !== `[${channels}]`) {
    site.fail(`input 2 must have shape [${channels}]: found ${formatShape(site.shape(2))}`);
  }
}

/** Weights [out, channels / group, kernel ...]. */
function inferConv(site: Site): readonly TensorType[] {
  const element = site.commonElement(CLASSIC_FLOATS);
  const { batch, channels, extents, weights, kernel, group } = operands(site);
  const [out, each] = weights as [number, number];
  if (channels !== each * group) {
    site.fail(
      `for weights of ${each} channels in ${group} groups, the input must have ${each * group} channels`,
    );
  }
  if (out % group !== 0) {
    site.fail(`the number of output channels must be a multiple of the ${group} groups: found ${out}`);
  }
  checkBias(site, out);
  const counts = convolutionWindows(site, extents, kernel).map(({ count }) => count);
  return [{ element, shape: [batch, out, ...counts] }];
}

/** Weights [channels, out / group, kernel ...]. */
function inferConvTranspose(site: Site): readonly TensorType[] {
  const element = site.commonElement(CLASSIC_FLOATS);
  const { batch, channels, extents, weights, kernel, group } = operands(site);
  if (channels !== weights[0]) {
    site.fail(`weights must have ${channels} channels, like the input: found ${weights[0]}`);
  }
  if (channels % group !== 0) {
    site.fail(`the number of channels must be a multiple of the ${group} groups: found ${channels}`);
  }
  const out = weights[1]! * group;
  checkBias(site, out);
  const covered = transposedWindows(site, extents, kernel).map(({ extent }) => extent);
  return [{ element, shape: [batch, out, ...covered] }];
}

export const CONVOLUTIONS = {
  Conv: { inputs: [2, 3], outputs: [1, 1], attributes, infer: inferConv },
  ConvTranspose: {
    inputs: [2, 3],
    outputs: [1, 1],
    attributes: { ...attributes, output_padding: "ints", output_shape: "ints" },
    infer: inferConvTranspose,
  },
} satisfies Record<string, Operator>;
