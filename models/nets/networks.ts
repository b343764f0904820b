/** Networks as configurations: what a run records, and what is built from it. */
import { dcganCritic, type DcganCriticConfig, dcganGenerator, type DcganGeneratorConfig } from "./dcgan.ts";
import { mlp, type MlpConfig } from "./mlp.ts";
import type { Net } from "./net.ts";

export interface Networks {
  readonly generator: MlpConfig | DcganGeneratorConfig;
  readonly critic: MlpConfig | DcganCriticConfig;
}

/** The networks, their tensors called `generator.…` and `critic.…`. */
export function buildNetworks({ generator, critic }: Networks): { generator: Net; critic: Net } {
  return {
    generator: "widths" in generator ? mlp("generator", generator) : dcganGenerator("generator", generator),
    critic: "widths" in critic ? mlp("critic", critic) : dcganCritic("critic", critic),
  };
}
