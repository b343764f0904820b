/**
 * The exponential moving average of the generator's weights, which samples and `generator.onnx` come from; training never
 * uses it (algorithm.md, "The averaged generator").
 */
import type { Kernels } from "../../kernels/kernels.ts";
import { exp } from "../../random/special.ts";

const LN2 = 0.6931471805599453;

/** The share of an average that stays after so many examples: 0.5 ^ (examples / half-life), with the same bits everywhere. */
export function shareKept(examples: number, half_life: number): number {
  return exp(-LN2 * examples / half_life);
}

export class AveragedGenerator {
  /** In the generator's layout. */
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly #kernels: Kernels;
  readonly #half_life: number;

  /** `size`: number of the generator's parameters, which lie in the same kernels. `half_life`: in examples, above 0. */
  constructor(kernels: Kernels, size: number, half_life: number) {
    this.#kernels = kernels;
    this.#half_life = half_life;
    this.parameters = kernels.allocate(size);
  }

  /** Moves towards the generator's parameters, which have changed once more after so many examples. */
  move(parameters: Float32Array, examples: number): void {
    this.#kernels.movingAverage(this.parameters, parameters, shareKept(examples, this.#half_life));
  }
}
