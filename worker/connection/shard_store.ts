/**
 * The shards that a worker holds: assembled from checked chunks, proven by SHA-256, kept in memory up to a limit
 * and beyond it on disk. Keyed by content, so what is held survives a lost connection.
 */
import { Sha256 } from "../../common/sha256.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { CachedShard, CacheWriter, ShardCache } from "./shard_cache.ts";

/** Description of the data in a welcome. */
export type DataPlan = Pick<MessageOf<"welcome">, "shard_sizes" | "shard_sha256" | "example_bytes">;

type Held = { readonly memory: Uint8Array } | { readonly disk: CachedShard };

/** A shard of which chunks are still to come. */
interface Assembly {
  received: number;
  readonly target: { readonly memory: Uint8Array; readonly hash: Sha256 } | { readonly writer: CacheWriter };
}

export class ShardStore {
  readonly #max_bytes: number;
  readonly #cache: ShardCache | null;
  #plan: DataPlan = { shard_sizes: [], shard_sha256: [], example_bytes: 1 };
  readonly #held = new Map<string, Held>();
  readonly #assemblies = new Map<number, Assembly>();
  #memory_bytes = 0;

  /** `max_bytes`: most that is kept in memory. Without a cache, more than that is refused. */
  constructor(max_bytes: number, cache: ShardCache | null) {
    this.#max_bytes = max_bytes;
    this.#cache = cache;
  }

  /** A connection begins: drops what is of no use to this run and looks for the rest on disk. */
  async begin(plan: DataPlan, now_ms: number): Promise<void> {
    this.#plan = plan;
    this.#dropAssemblies();
    const wanted = new Set(plan.shard_sha256);
    for (const [sha256, held] of this.#held) if (!wanted.has(sha256)) this.#drop(sha256, held);
    this.#cache?.clean(wanted, now_ms);
    for (const [shard, sha256] of plan.shard_sha256.entries()) {
      const disk = this.#held.has(sha256) ? null : await this.#cache?.open(sha256, this.#bytesOf(shard));
      if (disk) this.#held.set(sha256, { disk });
    }
  }

  holds(shard: number): boolean {
    return this.#held.has(this.#plan.shard_sha256[shard] ?? "");
  }

  /** Shards that are held, in order. */
  get held(): number[] {
    return this.#plan.shard_sizes.map((_, shard) => shard).filter((shard) => this.holds(shard));
  }

  /**
   * Takes a chunk; they come in order, and the first one begins anew. Returns whether the shard is now held.
   * @throws {Refusal} `bad_message` out of place, `hash_mismatch` for other bytes, `overloaded` without room.
   */
  accept(message: MessageOf<"shard_chunk">, payload: Uint8Array): boolean {
    const { shard, offset, total } = message;
    const wanted = shard < this.#plan.shard_sizes.length ? this.#bytesOf(shard) : 0;
    if (total !== wanted) {
      throw new Refusal("bad_message", `Shard ${shard} must have ${wanted} bytes: found ${total}`);
    }
    const checksum = checksumBytes(payload);
    if (checksum !== message.checksum) {
      throw new Refusal(
        "hash_mismatch",
        `Chunk at ${offset} of shard ${shard} must have checksum ${message.checksum}: found ${checksum}`,
      );
    }
    if (this.holds(shard)) return true;
    const assembly = offset === 0 ? this.#assemble(shard, total) : this.#assemblies.get(shard);
    const received = assembly?.received ?? 0;
    if (assembly === undefined || received !== offset || offset + payload.length > total) {
      throw new Refusal(
        "bad_message",
        `The next part of shard ${shard} must begin at byte ${received}: found ${offset}`,
      );
    }
    this.#append(assembly, payload);
    return assembly.received === total && this.#finish(shard, assembly);
  }

  /** The stored examples at `indices` of a shard that is held, one after another. */
  rows(shard: number, indices: Uint32Array): Uint8Array {
    const held = this.#heldShard(shard);
    const { example_bytes } = this.#plan;
    const out = new Uint8Array(indices.length * example_bytes);
    indices.forEach((index, i) => {
      const row = out.subarray(i * example_bytes, (i + 1) * example_bytes);
      const from = index * example_bytes;
      if ("memory" in held) row.set(held.memory.subarray(from, from + example_bytes));
      else held.disk.read(from, row);
    });
    return out;
  }

  /** All examples of a shard that is held. */
  whole(shard: number): Uint8Array {
    const held = this.#heldShard(shard);
    if ("memory" in held) return held.memory;
    const bytes = new Uint8Array(held.disk.bytes);
    held.disk.read(0, bytes);
    return bytes;
  }

  #heldShard(shard: number): Held {
    const held = this.#held.get(this.#plan.shard_sha256[shard] ?? "");
    if (held === undefined) throw new Error(`This worker must have the data of shard ${shard}`);
    return held;
  }

  /** Closes files. */
  close(): void {
    this.#dropAssemblies();
    for (const [sha256, held] of this.#held) this.#drop(sha256, held);
  }

  #bytesOf(shard: number): number {
    return this.#plan.shard_sizes[shard]! * this.#plan.example_bytes;
  }

  #assemble(shard: number, total: number): Assembly {
    this.#dropAssembly(shard);
    let target: Assembly["target"];
    if (this.#memory_bytes + total <= this.#max_bytes) {
      target = { memory: new Uint8Array(total), hash: new Sha256() };
      this.#memory_bytes += total;
    } else if (this.#cache !== null) {
      target = { writer: this.#cache.create(this.#plan.shard_sha256[shard]!) };
    } else {
      throw new Refusal(
        "overloaded",
        `Shard ${shard} must fit in the ${this.#max_bytes} bytes of memory: found ${total} more`,
      );
    }
    const assembly = { received: 0, target };
    this.#assemblies.set(shard, assembly);
    return assembly;
  }

  #append(assembly: Assembly, payload: Uint8Array): void {
    const { target } = assembly;
    if ("writer" in target) target.writer.append(payload);
    else {
      target.memory.set(payload, assembly.received);
      target.hash.update(payload);
    }
    assembly.received += payload.length;
  }

  #finish(shard: number, { target }: Assembly): boolean {
    const sha256 = this.#plan.shard_sha256[shard]!;
    this.#assemblies.delete(shard);
    let held: Held | null = null;
    if ("writer" in target) {
      const disk = target.writer.finish(this.#bytesOf(shard));
      if (disk !== null) held = { disk };
    } else if (target.hash.hex() === sha256) held = { memory: target.memory };
    else this.#memory_bytes -= target.memory.length;
    if (held === null) throw new Refusal("hash_mismatch", `Shard ${shard} must have SHA-256 ${sha256}`);
    this.#held.set(sha256, held);
    return true;
  }

  #drop(sha256: string, held: Held): void {
    this.#held.delete(sha256);
    if ("disk" in held) held.disk.close();
    else this.#memory_bytes -= held.memory.length;
  }

  #dropAssemblies(): void {
    for (const shard of [...this.#assemblies.keys()]) this.#dropAssembly(shard);
  }

  #dropAssembly(shard: number): void {
    const target = this.#assemblies.get(shard)?.target;
    if (target === undefined) return;
    this.#assemblies.delete(shard);
    if ("writer" in target) target.writer.abandon();
    else this.#memory_bytes -= target.memory.length;
  }
}
