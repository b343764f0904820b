/** The networks of a preset with what options ask for: self-attention, packs, and how the critic is held back. */
import { UserError } from "../../../common/errors.ts";
import type { Networks } from "../../../models/nets/networks.ts";
import { attentionSides } from "../../../models/nets/resnet.ts";

/**
 * The networks with self-attention over the maps of this side; null: as they are. Throws {@linkcode UserError} for networks
 * that are not residual, or have no such maps.
 */
export function withAttention(
  { generator, critic }: Networks,
  attention: number | null,
  preset: string,
): Networks {
  if (attention === null) return { generator, critic };
  if (
    !("kind" in generator && generator.kind === "resnet_generator") ||
    !("kind" in critic && critic.kind === "resnet_critic")
  ) {
    throw new UserError(
      `Cannot use --attention: residual networks are required, found preset ${preset}; use --preset sngan, ` +
        "wgan-gp-resnet or r3gan-lite, or leave it out",
    );
  }
  const { side } = generator, sides = attentionSides(side);
  if (!sides.includes(attention)) {
    throw new UserError(
      `Option --attention must be ${sides.join(" or ")} for images of ${side} x ${side}: found ${attention}`,
    );
  }
  return { generator: { ...generator, attention }, critic: { ...critic, attention } };
}

/**
 * The networks with a critic of packs of `pac` examples (models/nets/packing.ts). Throws {@linkcode UserError} for critics that take
 * labels, which are those of one example each.
 */
export function withPacks({ generator, critic }: Networks, pac: number, preset: string): Networks {
  if (pac === 1) return { generator, critic };
  if ("num_classes" in critic) {
    throw new UserError(
      `Cannot use --pac ${pac}: a critic without labels is required, found preset ${preset}; leave it out, or choose ` +
        "another preset",
    );
  }
  if ("widths" in critic) {
    const [features, ...widths] = critic.widths;
    return { generator, critic: { ...critic, widths: [features! * pac, ...widths] } };
  }
  if ("features" in critic) return { generator, critic: { ...critic, features: critic.features * pac } };
  return { generator, critic: { ...critic, channels: critic.channels * pac } };
}

/** The same networks, their critic changed so; `scores_alone`: without batch normalisation. */
export function withCritic(
  { generator, critic }: Networks,
  change: Partial<Pick<Networks["critic"], "dropout" | "spectral_norm">>,
  scores_alone: boolean,
): Networks {
  const without: { readonly batch_norm?: false } = scores_alone && "batch_norm" in critic
    ? { batch_norm: false }
    : {};
  return { generator, critic: { ...critic, ...change, ...without } };
}
