/** The golden files in this folder: results of other people's code, made by the scripts in scripts/goldens/. */
import { decodeSafetensors, type Safetensors } from "../../common/files/safetensors.ts";
import type { Augmentation } from "../../models/nets/augment.ts";
import type { Networks } from "../../models/nets/networks.ts";
import type { ObjectiveName } from "../../models/objectives/objectives.ts";

/** Bytes of a golden file. Tests name files here literally: a file that no test names fails `goldens_test.ts`. */
export function readGolden(file: string): Uint8Array {
  return Deno.readFileSync(new URL(file, import.meta.url));
}

/** The settings of a run of scripts/goldens/make_pytorch_goldens.py. */
export interface TrainingCase extends Networks {
  /** WGAN where it is left out. */
  readonly objective?: ObjectiveName;
  readonly penalty?: number;
  readonly r1?: number;
  readonly r2?: number;
  /** What images are augmented by before the critic sees them. */
  readonly augment?: Augmentation;
  /** Examples that the critic scores at a time; 1 where it is left out. */
  readonly pac?: number;
  /** Kernels of convolutions begin uniform in [-kernel_bound, kernel_bound). */
  readonly kernel_bound?: number;
  /** RMSProp has alpha, Adam both betas. */
  readonly update: {
    readonly lr: number;
    readonly alpha?: number;
    readonly beta1?: number;
    readonly beta2?: number;
    readonly eps: number;
    readonly clip?: number;
  };
  readonly seed: number;
  readonly micro_batch: number;
}

/** A run's settings and its results in float64 by name. */
export interface TrainingGolden {
  readonly settings: TrainingCase;
  readonly results: ReadonlyMap<string, Float64Array>;
}

export function readTrainingGolden(file: string): TrainingGolden {
  const { tensors, metadata }: Safetensors = decodeSafetensors(readGolden(file));
  const results = new Map([...tensors].map(([name, { data }]) => [name, data as Float64Array]));
  return { settings: JSON.parse(metadata.get("case")!) as TrainingCase, results };
}
