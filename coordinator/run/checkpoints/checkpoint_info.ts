/**
 * The JSON beside a checkpoint's tensors. It ends with a hash of itself, so that a changed number is not taken for what
 * the run was; that of format 1 has none, and its step is that of the tensors' own, hashed metadata.
 */
import { sha256 } from "../../../common/sha256.ts";
import {
  finite,
  hex,
  type Infer,
  int,
  list,
  nullable,
  object,
  SchemaError,
  text,
} from "../../../wire/schema.ts";
import { FIRST_RUN_CONTROL } from "../../training/run_control.ts";

/** Hash of the JSON, repeated in the tensors' metadata. */
export const CHECKPOINT_FORMAT = 2;
/** The last format without a hash of its own. */
const UNHASHED_FORMAT = 1;

const open_mean = object({ count: int(0), sum: finite() });

/** See {@linkcode SteeringState}. */
const steering = object({
  pace: object({ times: int(1), since_step: int(0), since_generator_step: int(0) }),
  critic: object({ windows: int(0), far: int(0), count: int(0), mean: finite(), squares: finite(0) }),
  flatness: object({
    blocks: list(finite(), 4096),
    block_steps: int(1),
    open: open_mean,
    highest: nullable(finite()),
    level: open_mean,
    next_look: int(0),
  }),
  flat_at: nullable(int(0)),
});

const checkInfo = object({
  format: int(UNHASHED_FORMAT, CHECKPOINT_FORMAT),
  run: text(64),
  /** Hash of the run record, i.e. of the settings that the state was trained with; null in format 1, which did not record it. */
  run_record_sha256: nullable(hex(64)),
  /** The tensors, beside the JSON. */
  file: text(64),
  sha256: hex(64),
  bytes: int(0),
  step: int(0, 0xffff_ffff),
  generator_step: int(0, 0xffff_ffff),
  /** State of the run's own decisions. */
  steering,
  /** Numeric classes that have contributed. */
  numeric_classes: list(text(64), 4096),
  /** Training time so far, over all incarnations. */
  seconds: finite(0),
});

/** Metadata of the tensors. */
export type CheckpointInfo = Infer<typeof checkInfo>;

/** Defaults for format 1, whose first runs made no decisions. */
const UNSAID_BEFORE = { run_record_sha256: null, steering: FIRST_RUN_CONTROL };

/** The name of a checkpoint's files, without their ends. */
export function checkpointStem(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

export function encodeInfo(info: CheckpointInfo): string {
  return JSON.stringify({ ...info, info_sha256: hashOf(info) }, null, 2) + "\n";
}

/** Reads the JSON in the file of that name. Throws a {@linkcode SchemaError} that says what is not as it was written. */
export function decodeInfo(name: string, json: string): CheckpointInfo {
  const { info_sha256, ...fields } = parse(json);
  const { format } = fields;
  if (format !== CHECKPOINT_FORMAT && format !== UNHASHED_FORMAT) {
    const known = `${UNHASHED_FORMAT} or ${CHECKPOINT_FORMAT}`;
    throw new SchemaError(`Field checkpoint.format must be ${known}: found ${JSON.stringify(format)}`);
  }
  const is_old = format === UNHASHED_FORMAT;
  if (info_sha256 !== (is_old ? undefined : hashOf(fields))) {
    throw new SchemaError(
      "Field checkpoint.info_sha256 must be " +
        `${is_old ? "absent in format 1" : "the hash of the others"}: found another`,
    );
  }
  const info = checkInfo(is_old ? { ...UNSAID_BEFORE, ...fields } : fields, "checkpoint");
  checkSteps(name, info);
  return info;
}

function hashOf(fields: object): string {
  return sha256(JSON.stringify(fields));
}

function parse(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new SchemaError("Checkpoint must be JSON: found other text");
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new SchemaError("Checkpoint must be an object: found another value");
}

function checkSteps(name: string, { step, generator_step, file }: CheckpointInfo): void {
  const stem = checkpointStem(step);
  if (name !== `${stem}.json` || file !== `${stem}.safetensors`) {
    throw new SchemaError(`Field checkpoint.step must be that of the files' names: found ${step}`);
  }
  if (generator_step > step) {
    throw new SchemaError(`Field checkpoint.generator_step must be at most ${step}: found ${generator_step}`);
  }
}
