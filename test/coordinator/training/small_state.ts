/** A state of a few numbers, all of which follow from its step. */
import { ModelState } from "../../../coordinator/training/model_state.ts";
import { type Optimizer, RMSPROP } from "../../../algorithm/optimizers.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";

export const MANIFEST = {
  layouts: {
    critic: buildLayout([{ name: "critic.0.weight", shape: [2, 3] }, { name: "critic.0.bias", shape: [2] }]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [5] }]),
    statistics: buildLayout([{ name: "generator.2.running_mean", shape: [3] }]),
  },
} as unknown as Manifest;

export function stateAt(step: number, optimizer: Optimizer = RMSPROP, ema_half_life = 0): ModelState {
  const kernels = Kernels.create(ModelState.bytesNeeded(MANIFEST, optimizer, "float32", ema_half_life));
  const state = new ModelState(kernels, MANIFEST, optimizer, "float32", false, ema_half_life);
  let next = step;
  for (const { parameters, square_average, average } of [state.critic, state.generator]) {
    for (const buffer of [parameters, square_average, average ?? []]) {
      buffer.forEach((_, i) => buffer[i] = next++ / 7);
    }
  }
  state.statistics.forEach((_, i) => state.statistics[i] = next++ / 3);
  const averaged = state.averaged?.parameters;
  averaged?.forEach((_, i) => averaged[i] = next++ / 9);
  state.refreshChecksums();
  state.commit(step);
  state.generator_step = Math.floor(step / 5);
  return state;
}

export const contents = (state: ModelState) => [
  state.step,
  state.generator_step,
  ...[state.critic, state.generator].flatMap((n) => [
    [...n.parameters],
    [...n.square_average],
    n.average && [...n.average],
    n.checksum,
  ]),
  [...state.statistics],
  state.averaged && [...state.averaged.parameters],
];
