/** Labels, as a run's configuration has them (docs/labels.md). */
import { UserError } from "../../common/errors.ts";
import type { ClassEmbedding } from "../../models/nets/class_embedding.ts";
import type { Networks } from "../../models/nets/networks.ts";
import type { DataSet } from "../data/data_set.ts";
import { AUTO, NO_LABELS } from "../data/labels/open_labels.ts";
import type { OwnNetworks } from "./own_networks.ts";
import { isConditional, type PresetName } from "./presets.ts";

/** Numbers of a class's vector in the generators of presets. */
const EMBEDDING_FEATURES = 16;

interface Asked {
  readonly labels?: string | null;
  readonly preset?: PresetName;
}

/**
 * Where the labels lie that networks are to take: what was given, or beside the data where the preset or own networks take
 * labels; null: none are read. Throws {@linkcode UserError} where networks take labels and were told to have none.
 */
export function wantedLabels(
  { labels, preset }: Asked,
  own: Pick<OwnNetworks, "takes_labels"> | null,
): string | null {
  const takes_labels = own ? own.takes_labels : preset === undefined ? null : isConditional(preset);
  if (takes_labels === false && labels !== undefined && labels !== null && labels !== NO_LABELS) {
    const what = own ? "these networks take none" : `preset ${preset} takes none`;
    throw new UserError(
      `Cannot use --labels ${labels}: networks that take labels are required, but ${what}; leave it out, or use ` +
        "--preset cwgan-gp or cdcgan",
    );
  }
  if (takes_labels === true && labels === NO_LABELS) {
    const what = own ? "these networks take them" : `preset ${preset} takes them`;
    throw new UserError(`Cannot use --labels none: ${what}; leave it out, or use --preset wgan-gp or dcgan`);
  }
  if (labels === undefined || labels === null) return takes_labels ? AUTO : null;
  return labels === NO_LABELS ? null : labels;
}

/** The networks of a conditional preset for data with labels: its generator takes them, and its critic. */
export function withClasses(
  { generator, critic }: Networks,
  num_classes: number,
): Networks {
  return {
    generator: withEmbedding(generator, { num_classes, features: EMBEDDING_FEATURES }),
    critic: { ...critic, num_classes },
  };
}

function withEmbedding(generator: Networks["generator"], embedding: ClassEmbedding): Networks["generator"] {
  if ("kind" in generator) return { ...generator, latent: generator.latent + embedding.features, embedding };
  const [latent, ...widths] = generator.widths;
  return { ...generator, widths: [latent! + embedding.features, ...widths], embedding };
}

/** The networks of a preset; those of a conditional one take the labels of the data. Throws {@linkcode UserError} where there are none. */
export function forClasses(
  preset: PresetName,
  networks: Networks,
  { labels }: Pick<DataSet, "labels">,
): Networks {
  if (!isConditional(preset)) return networks;
  if (labels) return withClasses(networks, labels.class_names.length);
  throw new UserError(
    `Cannot use preset ${preset}: data with labels are required, found none; name them with --labels`,
  );
}
