/** The first record of a run. */
import { sha256 } from "../../../common/sha256.ts";
import { WAGON_VERSION } from "../../../common/version.ts";
import { trainedLayout } from "../../../models/layout.ts";
import { type RecordOf, RUN_FORMAT } from "../../../runlog/records.ts";
import type { AboutRun } from "../../config/about_run.ts";
import type { ArtifactFile, RunFacts } from "../../fleet/admission/join.ts";
import type { ValueRange } from "../../../runlog/value_range.ts";
import type { RunConfig } from "../../config/config.ts";
import { labelsSha256 } from "../../data/labels/labels.ts";
import type { ShardedData } from "../../data/sharded_data.ts";

/** What is trained, and on what. */
export interface RecordedParts {
  readonly config: RunConfig;
  readonly data: ShardedData;
  readonly facts: Pick<RunFacts, "run" | "manifest">;
  readonly values: ValueRange;
}

/** Of a run that begins. */
export async function runRecord(
  { config, data: { data, plan, class_counts }, facts: { run, manifest }, values }: RecordedParts,
  artifacts: readonly ArtifactFile[],
  { now, name, note }: AboutRun & { readonly now: Date },
): Promise<RecordOf<"run">> {
  const { layouts } = manifest;
  return {
    type: "run",
    format: RUN_FORMAT,
    run,
    ...name !== undefined && { name },
    ...note !== undefined && { note },
    created: now.toISOString(),
    config: { ...config },
    versions: { wagon: WAGON_VERSION, deno: Deno.version.deno, v8: Deno.version.v8 },
    data: {
      name: data.name,
      num_examples: data.num_examples - plan.holdout.length,
      held_out: plan.holdout.length,
      sha256: await data.sha256(),
      example_shape: data.example_shape,
      encoding: data.encoding,
      ...data.columns !== undefined && { columns: data.columns },
      ...data.table !== undefined && { table: data.table },
      ...data.skipped !== undefined && { skipped: data.skipped },
      ...data.axes !== undefined && { axes: data.axes },
      ...data.scaling !== undefined && { scale: config.scale },
      ...data.labels && {
        labels: {
          class_names: data.labels.class_names,
          class_counts: class_counts!,
          sha256: labelsSha256(data.labels),
        },
      },
      values,
    },
    layouts_sha256: sha256(JSON.stringify(layouts)),
    artifacts: Object.fromEntries(artifacts.map(({ file, sha256 }) => [file, sha256])),
    num_parameters: { critic: trainedLayout(manifest, "critic").size, generator: layouts.generator.size },
  };
}
