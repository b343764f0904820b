/** The data set cut into shards, in the forms in which it travels: whole shards, and single micro-batches. */
import { sha256Aside } from "../../common/sha256.ts";
import { type DataSet, gatherRows, rowBytes } from "./data_set.ts";
import { type ByteParts, type ExampleBytes, sha256OfPieces } from "./files/example_bytes.ts";
import { countClasses } from "./labels/labels.ts";
import type { Position, ShardPlan } from "./plan.ts";

/** Shards as workers are given them. */
export interface ShardSource {
  readonly data: Pick<DataSet, "example_bytes" | "encoding" | "labels">;
  readonly plan: { readonly num_shards: number; readonly shards: readonly { readonly length: number }[] };
  /** SHA-256 of each shard's bytes. */
  readonly sha256: readonly string[];
  /** Training examples of each class; null where there are no labels. */
  readonly class_counts: readonly number[] | null;
  /** True if the whole shard is at hand. */
  holds(shard: number): boolean;
  /** All examples of a shard that is at hand, as they are shipped. */
  shard(shard: number): ByteParts;
  /** The micro-batches at `positions` of the first of these shards, then those of the next, and so on. */
  inline(shards: readonly number[], positions: readonly Position[]): Uint8Array;
}

/** Examples that are gathered where they are needed. */
class ShardBytes implements ExampleBytes {
  readonly length: number;
  readonly #data: DataSet;
  readonly #indices: Uint32Array;

  constructor(data: DataSet, indices: Uint32Array) {
    this.#data = data;
    this.#indices = indices;
    this.length = indices.length * rowBytes(data);
  }

  subarray(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const size = rowBytes(this.#data), first = Math.floor(begin / size);
    const rows = gatherRows(this.#data, this.#indices.subarray(first, Math.ceil(end / size)));
    return rows.subarray(begin - first * size, end - first * size);
  }
}

/** In memory if the data are. */
function rowsAt(data: DataSet, indices: Uint32Array): Uint8Array<ArrayBuffer> | ShardBytes {
  return data.bytes instanceof Uint8Array ? gatherRows(data, indices) : new ShardBytes(data, indices);
}

export class ShardedData implements ShardSource {
  readonly data: DataSet;
  readonly plan: ShardPlan;
  /** SHA-256 of each shard's bytes. */
  readonly sha256: readonly string[];

  /** Training examples of each class; null where there are no labels. */
  readonly class_counts: readonly number[] | null;

  private constructor(data: DataSet, plan: ShardPlan, sha256: readonly string[]) {
    this.data = data;
    this.plan = plan;
    this.sha256 = sha256;
    this.class_counts = data.labels ? countClasses(data.labels, plan.shards) : null;
  }

  static async of(data: DataSet, plan: ShardPlan): Promise<ShardedData> {
    const sha256: string[] = [];
    for (const indices of plan.shards) {
      const rows = rowsAt(data, indices);
      sha256.push(rows instanceof Uint8Array ? await sha256Aside(rows) : await sha256OfPieces(rows));
    }
    return new ShardedData(data, plan, sha256);
  }

  holds(): boolean {
    return true;
  }

  /** All examples of a shard, as they are shipped. */
  shard(shard: number): Uint8Array<ArrayBuffer> | ShardBytes {
    return rowsAt(this.data, this.plan.shards[shard]!);
  }

  /**
   * The micro-batches at `positions` of the first of these shards, then those of the next, and so on: go with work for
   * shards not yet held.
   */
  inline(shards: readonly number[], positions: readonly Position[]): Uint8Array<ArrayBuffer> {
    const part_bytes = this.plan.micro_batch * rowBytes(this.data);
    const all = new Uint8Array(shards.length * positions.length * part_bytes);
    let begin = 0;
    for (const shard of shards) {
      for (const position of positions) {
        all.set(gatherRows(this.data, this.plan.examplesOf(position, shard)), begin);
        begin += part_bytes;
      }
    }
    return all;
  }
}
