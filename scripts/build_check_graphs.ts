/**
 * Writes `worker/devices/check_graphs.ts`: the graphs by which `worker --devices` measures a device. A worker holds no model
 * code, so that they come to it as bytes. A test holds the file against what is built.
 */
import { PRESETS } from "../coordinator/config/presets.ts";
import { buildArtifacts } from "../models/artifacts.ts";
import type { GraphName } from "../models/manifest.ts";
import { buildNetworks, type Networks } from "../models/nets/networks.ts";
import { objectiveOf } from "../models/objectives/objectives.ts";

const OUTPUT = new URL("../worker/devices/check_graphs.ts", import.meta.url);

type Choice = Parameters<typeof objectiveOf>[0];

async function graphOf(
  about: string,
  name: GraphName,
  networks: Networks,
  choice: Choice,
  micro_batch: number,
) {
  const pair = { ...buildNetworks(networks), objective: objectiveOf(choice), micro_batch };
  const { manifest, files } = await buildArtifacts(pair);
  const { file, inputs, outputs } = manifest.graphs[name];
  const tensors = (list: readonly { name: string; shape: readonly (number | string)[] }[]) =>
    list.map(({ name, shape }) => ({ name, shape }));
  return {
    about,
    inputs: tensors(inputs),
    outputs: tensors(outputs),
    base64: files.get(file)!.toBase64(),
  };
}

/** The text of the file. */
export async function checkGraphs(): Promise<string> {
  const { "wgan": wgan, "dcgan": dcgan } = PRESETS;
  const maps = { side: 16, channels: 1, width: 8 };
  const convolutional: Networks = {
    generator: { kind: "dcgan_generator", latent: 8, ...maps },
    critic: { kind: "dcgan_critic", batch_norm: true, ...maps },
  };
  const graphs = [
    await graphOf(
      "gradients of a critic step of preset wgan, 16 images of 28 x 28 on each side",
      "critic_training_model",
      wgan.networks(wgan.latent, [784]),
      wgan,
      16,
    ),
    await graphOf(
      "gradients of a generator step of preset dcgan, 2 images of 16 x 16, narrow",
      "generator_training_model",
      convolutional,
      dcgan,
      2,
    ),
  ];
  return `// Written by scripts/build_check_graphs.ts: the graphs that a device is measured by, as files.
import type { CheckGraph } from "./check_graph.ts";

export const CHECK_GRAPHS: readonly CheckGraph[] = ${JSON.stringify(graphs, null, 2)};
`;
}

if (import.meta.main) await Deno.writeTextFile(OUTPUT, await checkGraphs());
