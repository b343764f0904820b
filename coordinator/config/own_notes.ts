/** Notes on a network from a file, as lines: its trained and its untrained parts. */
import type { NetworkName } from "../../common/network_name.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import { counted } from "../../common/text/counted.ts";
import { significant } from "../../common/significant.ts";
import { droppedShares } from "../../models/import/dropout.ts";
import type { ImportedNetwork } from "../../models/import/imported_net.ts";

/** Names in one line at most. */
const MAX_NAMES = 8;

interface Described {
  readonly role: NetworkName;
  readonly network: ImportedNetwork;
  readonly facts: {
    readonly file: string;
    readonly producer: string;
    readonly opset: number;
    /** Weights that are trained, of how many. */
    readonly trained: number;
    readonly weights: number;
  };
}

/** A line that sums up, and one for each thing that is not as one might think. */
export function describeNetwork(described: Described): readonly string[] {
  const { role, network } = described;
  const { kept, unreached, parted, stale_norms, unnamed, coupling } = network;
  const lines: readonly (readonly [names: readonly string[], text: (names: string) => string])[] = [
    [kept, (names) => `keeps unchanged (buffers and constants of the code): ${names}`],
    [unreached, (names) => `does not train weights that no gradient reaches: ${names}`],
    [
      parted,
      (names) => `trains separately, though the file stores each together with an equal tensor: ${names}`,
    ],
    [
      unnamed,
      (names) =>
        `trains tensors that the exporter named, and may have computed from parameters: ${names}; export with ` +
        "do_constant_folding=False to train the parameters",
    ],
    [
      stale_norms,
      (names) =>
        `keeps the vectors of the spectral normalisation of ${names} as they are: only those of a critic's trained ` +
        "weights, over their first axis, follow the weights",
    ],
    [
      coupling === null ? [] : [coupling],
      (node) =>
        `gives scores that depend on the other examples of a batch (${node}): real and fake examples are scored separately`,
    ],
  ];
  return [
    summary(described),
    ...lines.filter(([names]) => names.length > 0)
      .map(([names, text]) => `The ${role} ${text(listed(names))}`),
  ].map((line) => cleanText(line));
}

function listed(names: readonly string[]): string {
  const others = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(", ")}${others > 0 ? ` and ${counted(others, "other")}` : ""}`;
}

function summary({ role, network, facts }: Described): string {
  const { graph, statistics, normalised, num_idle_dropouts } = network;
  const dropouts = (n: number) => counted(n, "Dropout that drops", "Dropouts that drop");
  const norms = statistics.length / 2;
  // A ratio of 0.3 is 0.30000001192092896 in float32.
  const dropped = droppedShares(graph).map((share) => significant(share, 6));
  return [
    `${role[0]!.toUpperCase()}${role.slice(1)} ${facts.file} ` +
    `(${facts.producer || "unknown producer"}, opset ${facts.opset}): ${facts.trained} of ` +
    `${counted(facts.weights, "weight")} trained, starting from the values in the file`,
    ...norms > 0 ? [`${counted(norms, "batch normalisation")} in training form`] : [],
    ...normalised.length > 0
      ? [`${counted(normalised.length, "spectral norm")} updated by power iteration`]
      : [],
    ...dropped.length > 0
      ? [`${dropouts(dropped.length)} ${[...new Set(dropped)].join(", ")} in training`]
      : [],
    ...num_idle_dropouts > 0 ? [`${dropouts(num_idle_dropouts)} nothing`] : [],
  ].join("; ");
}
