/** Checks that data are those that a run was trained on: the same bytes in the same order, read as the same examples. */
import type { RecordOf } from "../../runlog/records.ts";
import { labelsSha256 } from "./labels/labels.ts";
import type { DataSet } from "./data_set.ts";

type Recorded = RecordOf<"run">["data"];

/** How the data differ from the recorded ones, "required, found"; null where they are the same. */
export async function differenceFrom(recorded: Recorded, data: DataSet): Promise<string | null> {
  const sha256 = await data.sha256();
  if (sha256 !== recorded.sha256) {
    return `SHA-256 ${recorded.sha256.slice(0, 12)}…, found ${sha256.slice(0, 12)}…`;
  }
  const labels_sha256 = data.labels && labelsSha256(data.labels);
  if (labels_sha256 !== recorded.labels?.sha256) {
    const shown = (sha256?: string) =>
      sha256 === undefined ? "none" : `labels with SHA-256 ${sha256.slice(0, 12)}…`;
    return `${shown(recorded.labels?.sha256)}, found ${shown(labels_sha256)}`;
  }
  const { num_examples, held_out } = recorded;
  const required = readAs({ ...recorded, num_examples: num_examples + held_out });
  const found = readAs(data);
  return found === required ? null : `the shape ${required}, found the same bytes as ${found}`;
}

/** e.g. "64 x 16 x 16 (uint8)": a byte's example and place follow from it. */
function readAs(data: Pick<DataSet, "num_examples" | "example_shape" | "encoding">): string {
  return `${[data.num_examples, ...data.example_shape].join(" x ")} (${data.encoding})`;
}
