import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { sha256 } from "../../../common/sha256.ts";
import { ShardCache } from "../../../worker/connection/shard_cache.ts";
import { type DataPlan, ShardStore } from "../../../worker/connection/shard_store.ts";
import { exampleBytes } from "../test_run.ts";

const EXAMPLE_BYTES = 4;
const SHARDS = [exampleBytes(24, 1), exampleBytes(20, 2), exampleBytes(28, 3)];
const TOTAL = 72;

function planOf(shards: readonly Uint8Array[]): DataPlan {
  return {
    shard_sizes: shards.map(({ length }) => length / EXAMPLE_BYTES),
    shard_sha256: shards.map(sha256),
    example_bytes: EXAMPLE_BYTES,
  };
}
const PLAN = planOf(SHARDS);

function chunk(
  shard: number,
  offset: number,
  payload: Uint8Array,
  change: { checksum?: string; total?: number } = {},
) {
  const total = SHARDS[shard]?.length ?? 8;
  const checksum = checksumBytes(payload);
  return [{ type: "shard_chunk", run: "r", shard, offset, total, checksum, ...change }, payload] as const;
}

function sendWhole(store: ShardStore, shard: number, bytes: Uint8Array = SHARDS[shard]!): boolean {
  assert.equal(store.accept(...chunk(shard, 0, bytes.subarray(0, 8))), false);
  return store.accept(...chunk(shard, 8, bytes.subarray(8)));
}

async function withCache(use: (folder: string, cache: ShardCache) => Promise<void>, max_bytes = 1e6) {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder, new ShardCache(folder, max_bytes));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a shard is held when its chunks have come, in whatever sizes, and gives back its rows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 24 }), async (sizes) => {
      const store = new ShardStore(TOTAL, null);
      await store.begin(PLAN, 0);
      const bytes = SHARDS[0]!;
      let offset = 0;
      for (const size of sizes) {
        if (offset === bytes.length) break;
        assert.deepEqual(store.held, []);
        const piece = bytes.subarray(offset, offset + size);
        const held = store.accept(...chunk(0, offset, piece));
        offset += piece.length;
        assert.equal(held, offset === bytes.length);
      }
      assert.deepEqual(store.held, [0]);
      assert.deepEqual([...store.rows(0, new Uint32Array([5, 0]))], [
        ...bytes.slice(20),
        ...bytes.slice(0, 4),
      ]);
    }),
    { seed: 20261124 },
  );
});

Deno.test("chunks out of place or changed are refused, and what was there goes on", async () => {
  const store = new ShardStore(TOTAL, null);
  await store.begin(PLAN, 0);
  const [bytes] = SHARDS as [Uint8Array];
  store.accept(...chunk(0, 0, bytes.subarray(0, 8)));
  assert.throws(() => store.accept(...chunk(0, 12, bytes.subarray(12, 16))), {
    code: "bad_message",
    message: "The next part of shard 0 must begin at byte 8: found 12",
  });
  assert.throws(() => store.accept(...chunk(1, 4, bytes.subarray(4, 8))), {
    message: "The next part of shard 1 must begin at byte 0: found 4",
  });
  assert.throws(() => store.accept(...chunk(0, 8, new Uint8Array(17))), {
    message: "The next part of shard 0 must begin at byte 8: found 8",
  });
  assert.throws(() => store.accept(...chunk(0, 8, bytes.subarray(8), { total: 28 })), {
    message: "Shard 0 must have 24 bytes: found 28",
  });
  assert.throws(() => store.accept(...chunk(3, 0, new Uint8Array(8))), {
    message: "Shard 3 must have 0 bytes: found 8",
  });
  const checksum = "0".repeat(16);
  assert.throws(() => store.accept(...chunk(0, 8, bytes.subarray(8), { checksum })), {
    code: "hash_mismatch",
    message: `Chunk at 8 of shard 0 must have checksum ${checksum}: found ` +
      `${checksumBytes(bytes.subarray(8))}`,
  });
  assert.equal(store.accept(...chunk(0, 8, bytes.subarray(8))), true);
});

Deno.test("a shard of another content is refused; it can come again, and begins anew at byte 0", async () => {
  const store = new ShardStore(SHARDS[0]!.length, null);
  await store.begin(PLAN, 0);
  const other = SHARDS[0]!.map((byte) => byte ^ 1);
  assert.throws(() => sendWhole(store, 0, other), {
    code: "hash_mismatch",
    message: `Shard 0 must have SHA-256 ${PLAN.shard_sha256[0]}`,
  });
  assert.deepEqual(store.held, []);
  store.accept(...chunk(0, 0, SHARDS[0]!.subarray(0, 12)));
  assert.equal(sendWhole(store, 0), true);
});

Deno.test("memory has its limit, and what another run does not need makes room", async () => {
  const store = new ShardStore(44, null);
  await store.begin(PLAN, 0);
  sendWhole(store, 0);
  sendWhole(store, 1);
  assert.throws(() => store.accept(...chunk(2, 0, SHARDS[2]!.subarray(0, 8))), {
    code: "overloaded",
    message: "Shard 2 must fit in the 44 bytes of memory: found 28 more",
  });
  await store.begin(planOf([SHARDS[1]!]), 0);
  assert.deepEqual(store.held, [0]);
  assert.deepEqual([...store.rows(0, new Uint32Array([1]))], [...SHARDS[1]!.slice(4, 8)]);
  await store.begin(PLAN, 0);
  assert.deepEqual(store.held, [1]);
});

Deno.test("beyond the limit shards lie on disk, and are found there by the next worker", async () => {
  await withCache(async (folder, cache) => {
    const store = new ShardStore(30, cache);
    await store.begin(PLAN, 0);
    for (const shard of [0, 1, 2]) assert.equal(sendWhole(store, shard), true);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(files, [PLAN.shard_sha256[1]!, PLAN.shard_sha256[2]!].sort());
    assert.deepEqual([...store.rows(2, new Uint32Array([6, 1]))], [
      ...SHARDS[2]!.slice(24),
      ...SHARDS[2]!.slice(4, 8),
    ]);
    store.close();
    const next = new ShardStore(30, cache);
    await next.begin(PLAN, 0);
    assert.deepEqual(next.held, [1, 2]);
    next.close();
  });
});

Deno.test("a damaged or shortened file is found by its hash and removed", async () => {
  await withCache(async (folder, cache) => {
    const store = new ShardStore(0, cache);
    await store.begin(PLAN, 0);
    for (const shard of [0, 1, 2]) sendWhole(store, shard);
    store.close();
    const [damaged, shortened] = PLAN.shard_sha256.map((name) => join(folder, name));
    await Deno.writeFile(damaged!, SHARDS[0]!.map((byte, i) => i === 3 ? byte ^ 1 : byte));
    await Deno.truncate(shortened!, 19);
    const next = new ShardStore(0, cache);
    await next.begin(PLAN, 0);
    assert.deepEqual(next.held, [2]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [PLAN.shard_sha256[2]]);
    assert.equal(sendWhole(next, 0), true);
    next.close();
  });
});

Deno.test("an unfinished or wrong file leaves nothing behind", async () => {
  await withCache(async (folder, cache) => {
    const store = new ShardStore(0, cache);
    await store.begin(PLAN, 0);
    assert.throws(() => sendWhole(store, 0, SHARDS[0]!.map((byte) => byte ^ 1)), { code: "hash_mismatch" });
    store.accept(...chunk(1, 0, SHARDS[1]!.subarray(0, 8)));
    store.close();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("the folder is kept within its limit: the longest unused go first, never those of this run", async () => {
  await withCache(async (folder, cache) => {
    const names = SHARDS.map(sha256);
    const touch = (name: string, seconds: number) => {
      Deno.writeFileSync(join(folder, name), new Uint8Array(10));
      Deno.utimeSync(join(folder, name), seconds, seconds);
    };
    names.forEach((name, i) => touch(name, 1000 + i));
    touch(`${names[0]}.77.part`, 1000);
    touch(`${names[1]}.77.part`, 100_000);
    touch("not ours", 0);
    cache.clean(new Set([names[0]!]), 100_000_000);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, [names[0], names[2], `${names[1]}.77.part`, "not ours"].sort());
    await Promise.resolve();
  }, 20);
});

Deno.test("workers in containers that share a folder and have the same process number do not mix their files", () =>
  withCache((folder, cache) => {
    const bytes = exampleBytes(64, 9), name = sha256(bytes);
    const first = cache.create(name);
    first.append(bytes.subarray(0, 40));
    const second = new ShardCache(folder, 1e6).create(name);
    first.append(bytes.subarray(40));
    const shard = first.finish(bytes.length)!, found = new Uint8Array(bytes.length);
    shard.read(0, found);
    assert.deepEqual(found, bytes);
    shard.close();
    second.append(bytes);
    second.finish(bytes.length)!.close();
    return Promise.resolve();
  }));
