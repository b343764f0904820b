/** Decoded pictures that are kept: used where nothing changed, and nowhere else. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type CachedPictures,
  cachedPictures,
  cacheKey,
  cachePictures,
} from "../../../../coordinator/data/cache/picture_cache.ts";
import { folderCollection, type Wanted } from "../../../../coordinator/data/pictures/collection.ts";
import { CacheFolder } from "../../../../coordinator/data/cache/cache_folder.ts";
import { UNWATCHED } from "../../../../coordinator/data/data_source.ts";
import { loadData } from "../../../../coordinator/data/load.ts";
import type { ReadAs } from "../../../../coordinator/data/read_as.ts";
import { putPictures } from "../../../e2e/images.ts";
import { inTempDir } from "../../../temp_dir.ts";

const TO_8: ReadAs = { image_size: 8, channels: null };

interface Scene {
  /** A folder of four pictures. */
  readonly pictures: string;
  readonly cache: CacheFolder;
  /** Loads them; true if they came from the cache: then no picture but the first is decoded, and progress jumps. */
  load(
    read_as?: ReadAs,
  ): Promise<
    {
      readonly bytes: Uint8Array;
      readonly kept: Uint32Array | undefined;
      readonly is_cached: boolean;
      readonly said: string[];
    }
  >;
}

function inScene(act: (scene: Scene, folder: string) => Promise<void>): Promise<void> {
  return inTempDir(async (folder) => {
    const pictures = join(folder, "p");
    await putPictures(pictures, 4, 3);
    let now_ms = 1e12;
    const cache = new CacheFolder({
      path: join(folder, "cache"),
      max_bytes: 10_000,
      uid: Deno.uid(),
      pid: 7,
      now_ms: () => now_ms += 60_000,
    });
    const load = async (read_as: ReadAs = TO_8) => {
      const counts: number[] = [], said: string[] = [];
      const data = await loadData(pictures, read_as, {
        ...UNWATCHED,
        num_cores: 1,
        cache,
        progress: (done) => void counts.push(done),
        say: (line) => void said.push(line),
      });
      return { bytes: data.bytes, kept: data.kept, is_cached: counts[0] !== 0, said };
    };
    await act({ pictures, cache, load }, folder);
  });
}

Deno.test("cache: the second run has the same tones without decoding; other settings are decoded", () =>
  inScene(async ({ load, cache }) => {
    const first = await load(), second = await load();
    assert.deepEqual([first.is_cached, second.is_cached], [false, true]);
    assert.deepEqual(second.bytes, first.bytes);
    assert.equal((await load({ ...TO_8, ground: "black" })).is_cached, false);
    assert.equal((await cache.list()).length, 2);
    assert.equal((await cache.clear()).count, 2);
    assert.deepEqual(await cache.list(), []);
  }));

Deno.test("cache: pictures that changed, came or went, and other settings, have another key", () =>
  inScene(async ({ pictures }) => {
    const wanted = { shaping: { image_size: 8, channels: null }, on_bad_item: "refuse" } as const;
    const keyOf = (names: readonly string[], of: Wanted = wanted) =>
      cacheKey(folderCollection(pictures, names), of);
    const names = ["0.png", "1.png", "2.png", "3.png"], file = join(pictures, "1.png");
    const keys = [await keyOf(names)];
    assert.equal(await keyOf(names), keys[0]);
    keys.push(await keyOf(names.slice(1)), await keyOf(names, { ...wanted, on_bad_item: "skip" }));
    for (
      const shaping of [{ image_size: 9, channels: null }, { image_size: 8, channels: 1 }, {
        image_size: 8,
        channels: null,
        fit: "pad",
      }, { image_size: 8, channels: null, ground: [0, 0, 0] }] as const
    ) keys.push(await keyOf(names, { ...wanted, shaping }));
    await Deno.utime(file, 5, 5);
    keys.push(await keyOf(names));
    await Deno.writeFile(file, new Uint8Array(9));
    await Deno.utime(file, 5, 5);
    keys.push(await keyOf(names));
    assert.equal(new Set(keys).size, keys.length);
    await Deno.remove(file);
    assert.equal(await keyOf(names), null);
  }));

const KEPT: CachedPictures = {
  shape: [3, 4],
  bytes: Uint8Array.from({ length: 24 }, (_, i) => 7 * i),
  skipped: [],
  lost: [],
  said: ["a line"],
};

Deno.test("cache: a damaged file is dropped, wherever it is damaged", () =>
  inScene(async ({ cache }) => {
    await cachePictures(cache, "key", KEPT);
    assert.deepEqual(await cachedPictures(cache, "key"), KEPT);
    const path = join(cache.path, "key.tones");
    const whole = await Deno.readFile(path);
    const broken = [...whole.keys()].map((at) => whole.map((byte, i) => i === at ? byte ^ 1 : byte));
    const cut = [0, 18, whole.length - 1].map((length) => whole.slice(0, length));
    for (const content of [...broken, ...cut, Uint8Array.of(...whole, 0)]) {
      await Deno.writeFile(path, content);
      assert.equal(await cachedPictures(cache, "key"), null);
      assert.deepEqual(await cache.list(), []);
    }
  }));

Deno.test("cache: what was skipped is said again", () =>
  inScene(async ({ pictures, load }) => {
    await Deno.writeTextFile(join(pictures, "x.png"), "no picture");
    const skip: ReadAs = { ...TO_8, on_bad_item: "skip" };
    const first = await load(skip), second = await load(skip);
    assert.equal(second.is_cached, true);
    assert.deepEqual(second.said, first.said);
    assert.deepEqual([[...second.kept!], [...first.kept!]], [[0, 1, 2, 3], [0, 1, 2, 3]]);
    assert.match(first.said.join(), /Skipped 1 of 5 pictures/);
    await assert.rejects(load(), /no known kind of picture/);
  }));

Deno.test("cache: what was not used for longest goes when the bound is reached", () =>
  inScene(async ({ cache }) => {
    const put = (key: string, length: number) =>
      cachePictures(cache, key, { ...KEPT, bytes: new Uint8Array(length) });
    for (const key of ["a", "b", "c"]) await put(key, 3000);
    assert.ok(await cachedPictures(cache, "a"));
    await put("d", 3000);
    assert.deepEqual((await cache.list()).map(({ name }) => name), ["d", "a", "c"]);
    // What is larger than the bound is not kept, and nothing goes for it.
    await put("e", 20_000);
    assert.deepEqual((await cache.list()).map(({ name }) => name), ["d", "a", "c"]);
  }));

Deno.test({
  name: "cache: a folder that others may write to, or a link to one, is not used",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inScene(async ({ cache }, folder) => {
      await cachePictures(cache, "key", KEPT);
      assert.equal((await Deno.stat(cache.path)).mode! & 0o777, 0o700);
      assert.equal((await Deno.stat(join(cache.path, "key.tones"))).mode! & 0o777, 0o600);
      await Deno.chmod(cache.path, 0o777);
      assert.equal(await cachedPictures(cache, "key"), null);
      assert.deepEqual(await cache.list(), []);
      await Deno.chmod(cache.path, 0o700);
      assert.ok(await cachedPictures(cache, "key"));
      await Deno.rename(cache.path, join(folder, "elsewhere"));
      await Deno.symlink(join(folder, "elsewhere"), cache.path);
      assert.equal(await cachedPictures(cache, "key"), null);
    }),
});

Deno.test("cache: a place that cannot be written to is no failure", () =>
  inScene(async ({ cache }) => {
    await Deno.writeTextFile(cache.path, "no folder");
    await cachePictures(cache, "key", KEPT);
    assert.equal(await cachedPictures(cache, "key"), null);
  }));
