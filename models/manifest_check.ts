/**
 * Checks `artifacts.json` before anything trusts it: every field, every offset, and that each graph is fed and
 * read exactly as its name says (`GRAPH_NAMES` in `manifest.ts`). Runs in a browser.
 */
import { buildLayout, trainedLayout } from "./layout.ts";
import {
  type AnyGraphName,
  type ByGraph,
  type GraphEntry,
  type GraphInput,
  graphNamesOf,
  type Layout,
  type Manifest,
  type Slot,
  type Source,
  SOURCES,
  STATES,
} from "./manifest.ts";
import { GRAPH_ROLES, type GraphRole } from "./graph_roles.ts";
import {
  array,
  count,
  type Dims,
  dims,
  extents,
  matching,
  powerOfTwo,
  ratioOf,
  record,
  refuse,
  same,
  sameShape,
  text,
  total,
  unique,
} from "./manifest_values.ts";
import { vectorsOf } from "./nets/spectral_norm.ts";
import { packShape } from "./nets/packing.ts";

type Output = GraphEntry["outputs"][number];

/**
 * Narrows parsed JSON to a manifest.
 * @throws {ManifestError} where anything differs from what `manifest.ts` says.
 */
export function parseManifest(value: unknown): Manifest {
  const fields = record(value, "manifest", [
    ...(["accumulate", "spectral_norm", "lazy_penalty", "num_classes", "pac", "num_features"] as const)
      .filter((key) => Object.hasOwn(value ?? {}, key)),
    "format",
    "version",
    "objective",
    "opset",
    "micro_batch",
    "latent",
    "example_shape",
    "layouts",
    "graphs",
  ]);
  same(fields.format, "wagon-artifacts", "format");
  same(fields.version, 1, "version");
  const layouts = record(fields.layouts, "layouts", STATES);
  const spectral_norm = fields.spectral_norm === undefined
    ? undefined
    : array(fields.spectral_norm, "spectral_norm").map((name, i) => text(name, `spectral_norm[${i}]`));
  const critic = parseLayout(layouts.critic, "layouts.critic");
  const head = {
    format: "wagon-artifacts",
    version: 1,
    objective: text(fields.objective, "objective"),
    opset: count(fields.opset, "opset", 1),
    micro_batch: count(fields.micro_batch, "micro_batch", 1),
    ...fields.accumulate !== undefined && { accumulate: powerOfTwo(fields.accumulate, "accumulate") },
    ...spectral_norm !== undefined && { spectral_norm },
    ...fields.lazy_penalty !== undefined && { lazy_penalty: count(fields.lazy_penalty, "lazy_penalty", 2) },
    ...fields.num_classes !== undefined && { num_classes: count(fields.num_classes, "num_classes", 1) },
    ...fields.pac !== undefined && { pac: count(fields.pac, "pac", 2) },
    ...fields.num_features !== undefined && { num_features: count(fields.num_features, "num_features", 1) },
    latent: count(fields.latent, "latent", 1),
    example_shape: extents(fields.example_shape, "example_shape"),
    layouts: {
      critic: spectral_norm === undefined ? critic : withVectors(critic, spectral_norm),
      generator: parseLayout(layouts.generator, "layouts.generator"),
      statistics: parseLayout(layouts.statistics, "layouts.statistics"),
    },
  } as const;
  const names = graphNamesOf(head);
  const graphs = record(fields.graphs, "graphs", names);
  const entries = names.map((name) => [name, parseGraph(graphs[name], name, head)] as const);
  unique(entries.map(([, entry]) => entry.file), "graphs", "file");
  return { ...head, graphs: Object.fromEntries(entries) as unknown as ByGraph<GraphEntry> };
}

type Head = Omit<Manifest, "graphs">;

function parseLayout(value: unknown, path: string): Layout {
  const fields = record(value, path, ["size", "slots"]);
  let size = 0;
  const slots = array(fields.slots, `${path}.slots`).map((item, i): Slot => {
    const at = `${path}.slots[${i}]`;
    const slot = record(item, at, ["name", "shape", "offset"]);
    const shape = extents(slot.shape, `${at}.shape`);
    const offset = same(slot.offset, size, `${at}.offset`);
    size = total(size, shape, at);
    return { name: text(slot.name, `${at}.name`), shape, offset };
  });
  unique(slots.map((slot) => slot.name), `${path}.slots`, "name");
  return { size: same(fields.size, size, `${path}.size`), slots };
}

/**
 * The critic's layout with u and v of each normalised weight in turn behind what is trained. A manifest says what is
 * trained, and need not say the vectors, which follow from it; those of older runs do.
 */
function withVectors(layout: Layout, weights: readonly string[]): Layout {
  unique(weights, "spectral_norm", "weight");
  const vectors = weights.flatMap((name, i) => {
    const weight = layout.slots.find((slot) => slot.name === name) ??
      refuse(`spectral_norm[${i}]`, "a trained slot of layouts.critic", name);
    return vectorsOf(weight);
  });
  const begin = layout.slots.findIndex(({ name }) => name === vectors[0]?.name);
  if (begin >= 0) {
    same(layout.slots.length, begin + vectors.length, "layouts.critic.slots.length");
    vectors.forEach((vector, i) => {
      const path = `layouts.critic.slots[${begin + i}]`;
      same(layout.slots[begin + i]!.name, vector.name, `${path}.name`);
      sameShape(layout.slots[begin + i]!.shape, vector.shape, `${path}.shape`);
    });
    return layout;
  }
  const whole = buildLayout([...layout.slots, ...vectors]);
  unique(whole.slots.map(({ name }) => name), "layouts.critic.slots", "name");
  vectors.reduce((size, { shape }) => total(size, shape, "layouts.critic.slots"), layout.size);
  return whole;
}

function parseGraph(value: unknown, name: AnyGraphName, head: Head): GraphEntry {
  const path = `graphs.${name}`;
  const fields = record(value, path, [
    "file",
    "sha256",
    "bytes",
    "inputs",
    "outputs",
    "size",
    "tail_offset",
  ]);
  const inputs = array(fields.inputs, `${path}.inputs`).map((item, i) =>
    parseInput(item, `${path}.inputs[${i}]`)
  );
  checkInputs(inputs, expectedInputs(GRAPH_ROLES[name], head, inputs), `${path}.inputs`);
  const trains = GRAPH_ROLES[name].trains;
  const outputs = parseOutputs(fields.outputs, `${path}.outputs`);
  const size = count(fields.size, `${path}.size`, 0);
  if (trains === null) {
    checkForward(outputs, name, head);
    same(size, 0, `${path}.size`);
  } else {
    checkResult(outputs, name, head);
    same(size, outputs.reduce((sum, { shape }) => total(sum, shape, path), 0), `${path}.size`);
  }
  return {
    file: matching(fields.file, /^[a-z0-9_]{1,100}\.onnx$/, `${path}.file`),
    sha256: matching(fields.sha256, /^[0-9a-f]{64}$/, `${path}.sha256`),
    bytes: count(fields.bytes, `${path}.bytes`, 1),
    inputs,
    outputs,
    size,
    tail_offset: same(
      fields.tail_offset,
      trains === null ? 0 : trainedLayout(head, trains).size,
      `${path}.tail_offset`,
    ),
  };
}

function parseInput(value: unknown, path: string): GraphInput {
  const optional = Object.hasOwn(value ?? {}, "ratio") ? ["ratio" as const] : [];
  const fields = record(value, path, [...optional, "name", "shape", "source"]);
  const source = SOURCES.find((known) => known === fields.source) ??
    refuse(`${path}.source`, `one of ${SOURCES.join(", ")}`, fields.source);
  const input = {
    name: text(fields.name, `${path}.name`),
    shape: dims(fields.shape, `${path}.shape`),
    source,
  };
  if ((source === "mask") !== (fields.ratio !== undefined)) {
    refuse(`${path}.ratio`, source === "mask" ? "present" : "absent", fields.ratio);
  }
  return source === "mask" ? { ...input, ratio: ratioOf(fields.ratio, `${path}.ratio`) } : input;
}

function parseOutputs(value: unknown, path: string): Output[] {
  return array(value, path).map((item, i) => {
    const at = `${path}[${i}]`;
    const fields = record(item, at, ["name", "shape", "offset"]);
    return {
      name: text(fields.name, `${at}.name`),
      shape: dims(fields.shape, `${at}.shape`),
      offset: count(fields.offset, `${at}.offset`, 0),
    };
  });
}

function expectedInputs(role: GraphRole, head: Head, found: readonly GraphInput[]): GraphInput[] {
  const batch = role.batch === "N" ? "N" : head.micro_batch;
  const shapes: Partial<Record<Source, Dims>> = {
    real: role === GRAPH_ROLES.critic_eval_model
      ? packShape(head.example_shape, head.pac ?? 1)
      : head.example_shape,
    noise: [head.latent],
    mix: head.example_shape.map(() => 1),
    label: [],
  };
  const used = found.some(({ source }) => source === role.may_use) ? [role.may_use!] : [];
  const labels: Source[] = head.num_classes === undefined || role.unlabelled ? [] : ["label"];
  const users = [...role.users, ...used, ...labels].map((source): GraphInput => ({
    name: source,
    shape: [batch, ...shapes[source] ?? head.example_shape],
    source,
  }));
  const parameters = role.states.flatMap((source) =>
    head.layouts[source].slots.map(({ name, shape }): GraphInput => ({ name, shape, source }))
  );
  const counts = { mask: 0, augment: 0 };
  const drawn = found.flatMap((input): GraphInput[] => {
    const { source } = input,
      may = role.drops && (source === "mask" || source === "augment" && role.trains !== null);
    return may ? [{ ...input, name: `${source}_${counts[source]++}` }] : [];
  });
  return [...users, ...parameters, ...drawn];
}

function checkInputs(found: readonly GraphInput[], expected: readonly GraphInput[], path: string): void {
  same(found.length, expected.length, `${path}.length`);
  expected.forEach((input, i) => {
    const at = `${path}[${i}]`;
    same(found[i]!.name, input.name, `${at}.name`);
    same(found[i]!.source, input.source, `${at}.source`);
    sameShape(found[i]!.shape, input.shape, `${at}.shape`);
  });
}

function checkForward(outputs: readonly Output[], name: AnyGraphName, head: Head): void {
  const path = `graphs.${name}.outputs`;
  const role = GRAPH_ROLES[name];
  const batch = role.batch === "N" ? "N" : head.micro_batch;
  same(outputs.length, 1, `${path}.length`);
  const output = outputs[0]!;
  const row = name === "critic_eval_model"
    ? [1]
    : name === "features_model"
    ? [head.num_features!]
    : head.example_shape;
  const shape = [batch, ...row];
  same(output.name, role.result[0]!, `${path}[0].name`);
  sameShape(output.shape, shape, `${path}[0].shape`);
  same(output.offset, 0, `${path}[0].offset`);
}

/** Gradients lie as the trained state does; the tail follows: scalars, then the batch statistics. */
function checkResult(outputs: readonly Output[], name: AnyGraphName, head: Head): void {
  const path = `graphs.${name}.outputs`;
  const { trains, result } = GRAPH_ROLES[name];
  const expected: { name: string; shape: readonly number[] }[] = [
    ...trainedLayout(head, trains!).slots.map((slot) => ({ name: `${slot.name}_grad`, shape: slot.shape })),
    ...result.map((scalar) => ({ name: scalar, shape: [] })),
    ...(trains === "generator" ? head.layouts.statistics.slots : []),
  ];
  same(outputs.length, expected.length, `${path}.length`);
  let offset = 0;
  expected.forEach((slot, i) => {
    same(outputs[i]!.name, slot.name, `${path}[${i}].name`);
    sameShape(outputs[i]!.shape, slot.shape, `${path}[${i}].shape`);
    same(outputs[i]!.offset, offset, `${path}[${i}].offset`);
    offset = total(offset, slot.shape, path);
  });
}
