/** Pictures that are larger than memory: decoded into a file of the cache, and the same there as in memory. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { CacheFolder } from "../../../../coordinator/data/cache/cache_folder.ts";
import { CacheDraft, DraftError } from "../../../../coordinator/data/cache/cache_draft.ts";
import type { DataSet } from "../../../../coordinator/data/data_set.ts";
import { UNWATCHED } from "../../../../coordinator/data/data_source.ts";
import { wholeBytes } from "../../../../coordinator/data/files/example_bytes.ts";
import { openData } from "../../../../coordinator/data/load.ts";
import { ShardPlan } from "../../../../coordinator/data/plan.ts";
import { ShardedData } from "../../../../coordinator/data/sharded_data.ts";
import { putPictures } from "../../../e2e/images.ts";
import { inTempDir } from "../../../temp_dir.ts";

const NUM_PICTURES = 40;

interface Scene {
  readonly folder: string;
  readonly pictures: string;
  readonly cache: CacheFolder;
  read(cache: CacheFolder | null): Promise<Read>;
}

interface Read {
  readonly data: DataSet;
  readonly is_cached: boolean;
  readonly said: readonly string[];
}

function cacheIn(path: string, max_bytes = 10_000_000): CacheFolder {
  return new CacheFolder({ path, max_bytes, uid: Deno.uid(), pid: 7, now_ms: () => 1e12 });
}

/** Forty pictures, and three damaged ones: before them, among them and behind them. */
function inScene(act: (scene: Scene) => Promise<void>): Promise<void> {
  return inTempDir(async (folder) => {
    const pictures = join(folder, "p");
    await putPictures(pictures, NUM_PICTURES, 3);
    for (const name of ["!.png", "17x.png", "x.png"]) await Deno.writeTextFile(join(pictures, name), "none");
    const read = async (cache: CacheFolder | null): Promise<Read> => {
      const counts: number[] = [], said: string[] = [];
      const source = await openData(pictures, { image_size: 8, channels: 3, on_bad_item: "skip" }, {
        ...UNWATCHED,
        num_cores: 1,
        cache,
        most_in_memory: NUM_PICTURES * 8 * 8,
        progress: (done) => void counts.push(done),
        say: (line) => void said.push(line),
      });
      return { data: await source.read(), is_cached: counts[0] !== 0, said };
    };
    await act({ folder, pictures, cache: cacheIn(join(folder, "cache")), read });
  });
}

/** What a run makes of data. */
async function shardsOf(data: DataSet): Promise<readonly string[]> {
  const { num_examples } = data;
  const plan = new ShardPlan({ num_examples, num_shards: 2, batch: 8, holdout: 0.1, seed: 3 });
  return (await ShardedData.of(data, plan)).sha256;
}

Deno.test("large pictures: from the cache's file, new or found, a run has the bits that it has in memory", () =>
  inScene(async ({ cache, read }) => {
    const inside = await read(null), fresh = await read(cache), found = await read(cache);
    assert.deepEqual([fresh.is_cached, found.is_cached], [false, true]);
    assert.ok(inside.data.bytes instanceof Uint8Array);
    assert.equal(inside.data.num_examples, NUM_PICTURES);
    for (const { data, said } of [fresh, found]) {
      assert.ok(!(data.bytes instanceof Uint8Array), "the pictures are in memory");
      assert.deepEqual(wholeBytes(data.bytes), inside.data.bytes);
      assert.equal(await data.sha256(), await inside.data.sha256());
      assert.deepEqual(await shardsOf(data), await shardsOf(inside.data));
      assert.deepEqual(said, inside.said);
      assert.deepEqual([data.kept, data.skipped], [inside.data.kept, inside.data.skipped]);
    }
    assert.equal((await cache.list()).length, 1);
  }));

Deno.test("large pictures: a file of the cache that is damaged is made again", () =>
  inScene(async ({ cache, read }) => {
    const { data } = await read(cache), [file] = await cache.list();
    const path = cache.pathOf(file!.name), content = await Deno.readFile(path);
    content[content.length - 1]! ^= 1;
    await Deno.writeFile(path, content);
    const again = await read(cache);
    assert.equal(again.is_cached, false);
    content[content.length - 1]! ^= 1;
    assert.deepEqual(await Deno.readFile(path), content);
    assert.equal(again.data.num_examples, data.num_examples);
  }));

Deno.test("large pictures: without a cache that can take them, they are read into memory, and nothing is left", () =>
  inScene(async ({ folder, read }) => {
    const expected = (await read(null)).data.bytes;
    await Deno.writeTextFile(join(folder, "file"), "no folder");
    for (const cache of [cacheIn(join(folder, "file")), cacheIn(join(folder, "small"), 1000)]) {
      const { data } = await read(cache);
      assert.deepEqual(data.bytes, expected);
      assert.deepEqual(await cache.list(), []);
    }
  }));

Deno.test("large pictures: where the disk is full, they are read into memory, and nothing is left", () =>
  inScene(async ({ folder, read }) => {
    class Full extends CacheFolder {
      override async draft(name: string, bytes: number): Promise<CacheDraft | null> {
        const draft = await super.draft(name, bytes);
        if (draft) {
          draft.put = () => {
            throw new DraftError("No space left on device");
          };
        }
        return draft;
      }
    }
    const path = join(folder, "full");
    const cache = new Full({ path, max_bytes: 10_000_000, uid: Deno.uid(), pid: 7, now_ms: () => 1e12 });
    const expected = await read(null), { data, said } = await read(cache);
    assert.deepEqual(data.bytes, expected.data.bytes);
    assert.deepEqual(said, expected.said);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(path)), []);
  }));

Deno.test("large pictures: pictures that changed while they were read are used, and not kept", () =>
  inScene(async ({ cache, pictures, read }) => {
    class Changing extends CacheFolder {
      override async draft(name: string, bytes: number): Promise<CacheDraft | null> {
        await Deno.utime(join(pictures, "x.png"), 5, 5);
        return await super.draft(name, bytes);
      }
    }
    const changing = new Changing({
      path: cache.path,
      max_bytes: 1e7,
      uid: Deno.uid(),
      pid: 7,
      now_ms: () => 1e12,
    });
    const { data } = await read(changing);
    assert.deepEqual(wholeBytes(data.bytes), (await read(null)).data.bytes);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(cache.path)), []);
  }));
