/**
 * Two-dimensional data sets of the WGAN-GP code (Gulrajani et al. 2017, gan_toy.py): a ring of eight Gaussians, a
 * grid of twenty-five, and a Swiss roll. Example i is a pure function of (seed, i), whatever the set's size, and
 * examples go round the modes in turn, so that each mode has the same share.
 */
import { type Purpose, Stream } from "../../random/philox.ts";
import { cosTurns, sinTurns } from "../../random/special.ts";
import { type DataSetInMemory, dataSetOf } from "./data_set.ts";
import type { Labels } from "./labels/labels.ts";

export const TOY_NAMES = ["8gaussians", "25gaussians", "swissroll"] as const;
export type ToyName = typeof TOY_NAMES[number];

/** Examples of a toy set unless asked for otherwise: 800 kB, and modes are well filled. */
export const DEFAULT_TOY_EXAMPLES = 100_000;

/** A mixture of Gaussians of equal weight, before the division by `divisor` that brings it to unit scale. */
export interface Mixture {
  readonly centres: readonly (readonly [x: number, y: number])[];
  readonly std: number;
  readonly divisor: number;
}

const DIAGONAL = 1 / Math.sqrt(2);
const GRID = [-4, -2, 0, 2, 4];

export const MIXTURES: Readonly<Record<"8gaussians" | "25gaussians", Mixture>> = {
  "8gaussians": {
    centres: ([
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
      [DIAGONAL, DIAGONAL],
      [DIAGONAL, -DIAGONAL],
      [-DIAGONAL, DIAGONAL],
      [-DIAGONAL, -DIAGONAL],
    ] as const).map(([x, y]) => [2 * x, 2 * y] as const),
    std: 0.02,
    divisor: 1.414,
  },
  "25gaussians": {
    centres: GRID.flatMap((x) => GRID.map((y) => [x, y] as const)),
    std: 0.05,
    divisor: 2.828,
  },
};

const SWISS_ROLL_NOISE = 0.25;
const SWISS_ROLL_DIVISOR = 7.5;
const TWO_PI = 6.283185307179586;
const PURPOSE: Purpose = "dataset";

/** Draws a toy set. Throws RangeError when the number of examples is not an integer of at least 1. */
export function drawToy(name: ToyName, seed: number, num_examples = DEFAULT_TOY_EXAMPLES): DataSetInMemory {
  if (!Number.isSafeInteger(num_examples) || num_examples < 1) {
    throw new RangeError(`A data set must have 1 or more examples: found ${num_examples}`);
  }
  const draw = name === "swissroll" ? drawSwissRoll : drawFrom(MIXTURES[name]);
  const bytes = new Uint8Array(num_examples * 8);
  const out = new DataView(bytes.buffer);
  for (let i = 0; i < num_examples; i++) {
    const [x, y] = draw(i, new Stream({ seed, purpose: PURPOSE, counter: i, shard: 0 }));
    out.setFloat32(8 * i, x, true);
    out.setFloat32(8 * i + 4, y, true);
  }
  return dataSetOf(name, [2], "float32", bytes);
}

/** The mode of each example; null where there are none. */
export function toyLabels(name: ToyName, num_examples = DEFAULT_TOY_EXAMPLES): Labels | null {
  if (name === "swissroll") return null;
  const { length } = MIXTURES[name].centres;
  const values = Uint32Array.from({ length: num_examples }, (_, i) => i % length);
  return { values, class_names: Array.from({ length }, (_, i) => String(i)) };
}

type Draw = (index: number, stream: Stream) => readonly [number, number];

function drawFrom({ centres, std, divisor }: Mixture): Draw {
  return (index, stream) => {
    const [x, y] = centres[index % centres.length]!;
    const dx = std * stream.nextNormal();
    const dy = std * stream.nextNormal();
    return [(x + dx) / divisor, (y + dy) / divisor];
  };
}

/** Axes 0 and 2 of scikit-learn's make_swiss_roll: t (cos t, sin t) with t = 1.5 pi (1 + 2 u), plus noise. */
const drawSwissRoll: Draw = (_, stream) => {
  const turns = 0.75 * (1 + 2 * stream.nextUniform());
  const t = TWO_PI * turns;
  const dx = SWISS_ROLL_NOISE * stream.nextNormal();
  const dy = SWISS_ROLL_NOISE * stream.nextNormal();
  return [(t * cosTurns(turns) + dx) / SWISS_ROLL_DIVISOR, (t * sinTurns(turns) + dy) / SWISS_ROLL_DIVISOR];
};
