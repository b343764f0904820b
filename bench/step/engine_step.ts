/** One shard's gradient step, as a worker's compute thread does it. */
import type { NetworkName } from "../../common/network_name.ts";
import { Engine } from "../../worker/compute/engine.ts";
import type { SumTask } from "../../worker/compute/sum_task.ts";
import { featuresOf, type Model } from "./wgan_model.ts";

/** An engine with the model's initial weights. */
export function engineOf({ manifest, runners, state }: Model): Engine {
  const engine = new Engine(manifest, runners, { seed: 1, encoding: "uint8", num_shards: 1 });
  engine.setWeights("critic", state.critic);
  engine.setWeights("generator", state.generator);
  return engine;
}

/** A step: noise and decoding included. */
export function engineStep(engine: Engine, kind: NetworkName): () => Promise<unknown> {
  const examples = new Uint8Array(engine.manifest.micro_batch * featuresOf(engine.manifest)).fill(77);
  const task: Omit<SumTask, "noise_counter"> = {
    kind,
    node: { begin: 0, end: 1 },
    leaves: [{ shard: 0, examples: kind === "critic" ? examples : null }],
    noise_purpose: `${kind}_noise`,
  };
  let noise_counter = 0;
  return () => engine.sum({ ...task, noise_counter: ++noise_counter });
}
