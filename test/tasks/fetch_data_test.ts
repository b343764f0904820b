/** Data sets are downloaded from a server on this machine: whole, in two parts, damaged, and not at all. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "../../common/errors.ts";
import { sha256 } from "../../common/sha256.ts";
import { fetchData } from "../../tasks/fetch_data/fetch_data.ts";
import { FETCHED_SETS, type FetchedSet, packageUrl } from "../../tasks/fetch_data/data_sets.ts";
import { npmConfig, parseNpmrc } from "../../tasks/fetch_data/npm_registry.ts";
import goldens from "../coordinator/data/goldens/tars.json" with { type: "json" };
import { gunzipSync } from "node:zlib";
import { inTempDir } from "../temp_dir.ts";

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3);

interface Served {
  readonly url: string;
  /** Requests in order: path, range and authorization. */
  readonly asked: string[];
}

/** Serves `files`; of the first answers, as many bytes as `cuts` say. */
async function serving<T>(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  act: (served: Served) => Promise<T>,
  { cuts = [], knows_ranges = true }: { readonly cuts?: number[]; readonly knows_ranges?: boolean } = {},
): Promise<T> {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range"), token = request.headers.get("authorization");
    asked.push([pathname, range, token].filter((part) => part !== null).join(" "));
    const file = files[pathname.slice(1)];
    if (!file) return new Response("no", { status: 404 });
    const from = knows_ranges && range ? Number(/bytes=(\d+)-/.exec(range)![1]) : 0;
    const cut = cuts.shift();
    const whole = file.slice(from);
    const status = from > 0 ? 206 : 200;
    if (cut === undefined) return new Response(whole, { status });
    // The connection ends in the middle.
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(whole.slice(0, cut));
        controller.close();
      },
    });
    return new Response(body, { status });
  });
  try {
    return await act({ url: `http://127.0.0.1:${server.addr.port}/`, asked });
  } finally {
    await server.shutdown();
  }
}

function setOf(places: readonly string[] | null, content = CONTENT, name = "x.bin"): FetchedSet {
  const files = [{ name, sha256: sha256(content), bytes: content.length }];
  return { about: "", licence: "free", places, files, train: "" };
}

async function fetchTo(
  set: FetchedSet,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const said: string[] = [];
  await fetchData(set, folder, {
    fetch,
    after: () => () => {},
    env: (name) => env[name],
    cwd: folder,
    say: (line) => void said.push(line),
  });
  return said;
}

Deno.test("fetch-data: a file is downloaded once, and its licence stands beside it", () =>
  inTempDir((folder) =>
    serving({ "x.bin": CONTENT }, async ({ url, asked }) => {
      const said = await fetchTo(setOf([url]), folder);
      assert.deepEqual(await Deno.readFile(join(folder, "x.bin")), CONTENT);
      assert.deepEqual(said.at(-1), `${join(folder, "x.bin")}: downloaded`);
      assert.deepEqual(await fetchTo(setOf([url]), folder), [`${join(folder, "x.bin")}: there`]);
      assert.deepEqual(asked, ["/x.bin"]);
      assert.equal(await Deno.readTextFile(join(folder, "LICENCE.txt")), "free\n");
      // One that was damaged since is downloaded again.
      await Deno.writeTextFile(join(folder, "x.bin"), "damaged");
      await fetchTo(setOf([url]), folder);
      assert.deepEqual(await Deno.readFile(join(folder, "x.bin")), CONTENT);
    })
  ));

Deno.test("fetch-data: links and pipes of the names that it writes to are replaced, not followed", () =>
  inTempDir((folder) =>
    serving({ "x.bin": CONTENT }, async ({ url }) => {
      const [path, other] = [join(folder, "x.bin"), join(folder, "other")];
      await Deno.writeTextFile(other, "mine");
      await Deno.symlink(other, `${path}.part`);
      assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
      await fetchTo(setOf([url]), folder);
      assert.deepEqual(await Deno.readFile(path), CONTENT);
      assert.equal(await Deno.readTextFile(other), "mine");
    })
  ));

Deno.test("fetch-data: a download that ended early is continued where it ended", () =>
  inTempDir((folder) =>
    serving({ "x.bin": CONTENT }, async ({ url, asked }) => {
      await assert.rejects(fetchTo(setOf([url]), folder), (error: Error) => {
        assert.match(
          error.message,
          /found 127\.0\.0\.1:\d+: a connection that ended after 100000 of 300000 bytes; run the command again/,
        );
        return error instanceof UserError;
      });
      await fetchTo(setOf([url]), folder);
      assert.deepEqual(asked, ["/x.bin", "/x.bin bytes=100000-"]);
      assert.deepEqual(await Deno.readFile(join(folder, "x.bin")), CONTENT);
      assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort(), [
        "LICENCE.txt",
        "x.bin",
      ]);
    }, { cuts: [100_000] })
  ));

Deno.test("fetch-data: a server that knows no ranges sends all again", () =>
  inTempDir((folder) =>
    serving({ "x.bin": CONTENT }, async ({ url }) => {
      await assert.rejects(fetchTo(setOf([url]), folder));
      await fetchTo(setOf([url]), folder);
      assert.deepEqual(await Deno.readFile(join(folder, "x.bin")), CONTENT);
    }, { cuts: [5], knows_ranges: false })
  ));

Deno.test("fetch-data: another file is refused and not kept, and the next place is tried", () =>
  inTempDir((folder) =>
    serving({ "a/x.bin": CONTENT.map((byte) => byte ^ 1), "b/x.bin": CONTENT }, async ({ url }) => {
      await assert.rejects(
        fetchTo(setOf([`${url}a/`]), folder),
        /another file than the one that was published \(SHA-256 [0-9a-f]{12}…, not [0-9a-f]{12}…\)/,
      );
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
      await fetchTo(setOf([`${url}none/`, `${url}a/`, `${url}b/`]), folder);
      assert.deepEqual(await Deno.readFile(join(folder, "x.bin")), CONTENT);
    })
  ));

Deno.test("fetch-data: without a network, one line says what to do", () =>
  inTempDir(async (folder) => {
    // Nobody listens at the discard port.
    await assert.rejects(fetchTo(setOf(["http://127.0.0.1:9/"]), folder), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot download .*x\.bin: a connection to 127\.0\.0\.1:9 is required, found .*; run the command/,
      );
      return error instanceof UserError && !error.message.includes("\n");
    });
  }));

Deno.test("fetch-data: a silent server is left after its deadline", () =>
  inTempDir((folder) =>
    serving({ "x.bin": CONTENT }, async ({ url }) => {
      const never = setOf([url]);
      await assert.rejects(
        fetchData(never, folder, {
          fetch: (_, init) =>
            new Promise((_, reject) =>
              init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason as Error))
            ),
          after: (ms, act) => {
            assert.equal(ms, 30_000);
            queueMicrotask(act);
            return () => {};
          },
          env: () => undefined,
          cwd: folder,
          say: () => {},
        }),
        /nothing came for 30 s/,
      );
    })
  ));

Deno.test("fetch-data: an npm package comes from the mirror in npm's configuration, with its token and no other's", () =>
  inTempDir((folder) => {
    const archive = new Uint8Array(
      gzipSync(gunzipSync(gunzipSync(Uint8Array.fromBase64(goldens.archives["gnu.tar.gz"])))),
    );
    const name = "pictures-1.2.3.tgz";
    return serving({ [`npm/pictures/-/${name}`]: archive }, async ({ url, asked }) => {
      const set = {
        ...setOf(null, archive, name),
        keep: (name: string) => /^faces\/(\d\.png)$/.exec(name)?.[1] ?? null,
      };
      const place = url.replace("http:", "");
      await Deno.writeTextFile(
        join(folder, ".npmrc"),
        `registry=${url}npm\n${place}npm/:_authToken=\${TOKEN}\n`,
      );
      const said = await fetchTo(set, folder, { TOKEN: "secret" });
      assert.deepEqual(asked, [`/npm/pictures/-/${name} Bearer secret`]);
      assert.match(said.at(-1)!, /: 2 files unpacked$/);
      const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
      assert.deepEqual(names, [".npmrc", "1.png", "LICENCE.txt", name]);
    });
  }));

Deno.test("npm's configuration: variables, the project's file and the user's, in this order", () =>
  inTempDir(async (folder) => {
    const user = join(folder, "user");
    await Deno.writeTextFile(user, "registry = https://user.example/\n//user.example/:_auth=abc\n");
    const env = (extra: Readonly<Record<string, string>>) => (name: string) =>
      ({ npm_config_userconfig: user, ...extra })[name];
    const config = await npmConfig(env({}), folder);
    assert.equal(config.registry, "https://user.example/");
    assert.deepEqual(config.headersFor("https://user.example/x/-/x-1.0.0.tgz"), {
      authorization: "Basic abc",
    });
    assert.deepEqual(config.headersFor("https://other.example/x"), {});
    await Deno.writeTextFile(join(folder, ".npmrc"), "registry=https://project.example/npm");
    assert.equal((await npmConfig(env({}), folder)).registry, "https://project.example/npm/");
    const named = await npmConfig(env({ npm_config_registry: "https://named.example" }), folder);
    assert.equal(named.registry, "https://named.example/");
    const entries = parseNpmrc(
      '# a\n; b\n a = "b c" \n=x\nempty\nd=${HOME}/${NONE}',
      (name) => name === "HOME" ? "/h" : undefined,
    );
    assert.deepEqual([...entries], [["a", "b c"], ["d", "/h/${NONE}"]]);
  }));

Deno.test("the sets that can be fetched: names, sums and what is kept of archives", () => {
  for (const { files } of Object.values(FETCHED_SETS)) {
    for (const { sha256, bytes } of files) assert.ok(/^[0-9a-f]{64}$/.test(sha256) && bytes > 1000);
  }
  const { keep, files: [{ name }] } = FETCHED_SETS.emoji;
  assert.equal(
    packageUrl("https://r.example/", name),
    `https://r.example/emoji-datasource-twitter/-/${name}`,
  );
  assert.equal(keep("package/img/twitter/64/1f600.png"), "1f600.png");
  for (
    const other of ["package/img/twitter/sheets/64.png", "../x.png", "package/img/twitter/64/../../x.png"]
  ) {
    assert.equal(keep(other), null);
  }
  assert.equal(FETCHED_SETS.cifar10.keep("cifar-10-batches-bin/data_batch_3.bin"), "data_batch_3.bin");
  assert.equal(FETCHED_SETS.cifar10.keep("cifar-10-batches-bin/readme.html"), null);
});
