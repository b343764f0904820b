/** How the networks are doing, read from their state between two steps: nothing here touches a training step. */
import type { NetworkName } from "../../common/network_name.ts";
import type { Layout, Manifest } from "../../models/manifest.ts";
import { trainedLayout, views } from "../../models/layout.ts";
import type { RecordOf } from "../../runlog/records.ts";
import type { Trained } from "../../algorithm/optimizer.ts";

/** A parameter this near to a bound, as a share of the bound, lies at it. */
const AT_BOUND = 1e-6;

export interface GradientStatsOptions {
  /** Bound of the critic's parameters, or null for none. */
  readonly clip: number | null;
  /** Decay of the optimizer's running mean of squared gradients, per update. */
  readonly alpha: number;
}

/** The figures of a vitals record. One pass over the parameters of both networks. */
export function gradientStats(
  state: Readonly<Record<"step" | "generator_step", number> & Record<NetworkName, Trained>>,
  manifest: Pick<Manifest, "layouts" | "spectral_norm">,
  { clip, alpha }: GradientStatsOptions,
): Omit<RecordOf<"vitals">, "type" | "step"> {
  return {
    ...clip !== null && { clipped: shareAtBound(state.critic.parameters, clip) },
    critic_gradients: gradientSizes(trainedLayout(manifest, "critic"), state.critic, state.step, alpha),
    generator_gradients: gradientSizes(
      manifest.layouts.generator,
      state.generator,
      state.generator_step,
      alpha,
    ),
  };
}

function shareAtBound(parameters: Float32Array, clip: number): number {
  const limit = clip * (1 - AT_BOUND);
  let num_clipped = 0;
  for (let i = 0; i < parameters.length; i++) {
    if (parameters[i]! >= limit || parameters[i]! <= -limit) num_clipped++;
  }
  return num_clipped / parameters.length;
}

/** Root mean square gradient of each tensor; none before the first update. */
function gradientSizes(
  layout: Layout,
  network: Trained,
  num_updates: number,
  alpha: number,
): Record<string, number> {
  if (num_updates === 0) return {};
  const weight = 1 - alpha ** num_updates;
  const sizes: Record<string, number> = {};
  for (const [name, squares] of views(layout, network.square_average)) {
    let sum = 0;
    for (let i = 0; i < squares.length; i++) sum += squares[i]!;
    sizes[name] = Math.sqrt(sum / squares.length / weight);
  }
  return sizes;
}
