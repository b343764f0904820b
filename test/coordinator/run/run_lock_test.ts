import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { BEAT_MS, type LockTools, RunLock, WATCH_MS } from "../../../coordinator/run/run_lock.ts";
import { inTempDir } from "../../temp_dir.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";

const NONCE = "ab".repeat(16);
const STRANGER = { host: "far", pid: 7, since: "2026-03-01T12:00:00.000Z", nonce: NONCE, beats: 3 };

function tools(change: Partial<LockTools> = {}): LockTools & { clock: FakeClock; told: string[] } {
  const told: string[] = [];
  return {
    host: "near",
    pid: 42,
    clock: new FakeClock(),
    lock: (file) => file.tryLock(true),
    tell: (line) => told.push(line),
    told,
    ...change as object,
  };
}

/** A file system without locks. */
const NO_LOCKS: Partial<LockTools> = { lock: () => Promise.resolve(null) };

const ownerOf = async (folder: string) => JSON.parse(await Deno.readTextFile(`${folder}/owner.json`));
const writeOwner = (folder: string, owner: unknown) =>
  Deno.writeTextFile(`${folder}/owner.json`, typeof owner === "string" ? owner : JSON.stringify(owner));

/** Waits for what real files have to be read and written for. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await settled();
}

/** What a pending take does next: it has its answer, or asks the clock again. */
async function turn(clock: FakeClock, ms: number, done: () => boolean): Promise<void> {
  await until(() => done() || clock.num_timers > 0);
  if (!done()) await clock.advance(ms);
}

/** The outcome of a take, its clock turned as far as it asks for; and by how much that was. */
async function taken(folder: string, with_tools: ReturnType<typeof tools>, meanwhile = () => {}) {
  let outcome: RunLock | UserError | null = null;
  RunLock.take(folder, with_tools).then((lock) => outcome = lock, (error) => outcome = error);
  for (let ms = 0;; ms += BEAT_MS) {
    await turn(with_tools.clock, 0, () => outcome !== null);
    if (outcome !== null) return { outcome: outcome as RunLock | UserError, ms };
    meanwhile();
    await turn(with_tools.clock, BEAT_MS, () => outcome !== null);
  }
}

Deno.test("a folder that is owned is refused to a second coordinator, which says by whom, until the first ends", () =>
  inTempDir(async (folder) => {
    {
      await using _first = await RunLock.take(folder, tools());
      await assert.rejects(
        RunLock.take(folder, tools({ pid: 43 })),
        (error) =>
          error instanceof UserError &&
          /no other coordinator may train in it, found process 42 on near, since 20\d\d-/.test(
            error.message,
          ),
      );
      await writeOwner(folder, "{ garbage \u001b[31m");
      await assert.rejects(RunLock.take(folder, tools()), /found one that did not say who it is/);
      await writeOwner(folder, { ...STRANGER, host: "\u001b]52;c;x\u0007" });
      await assert.rejects(RunLock.take(folder, tools()), /found process 7 on \?, since 2026-03-01T12/);
    }
    await Deno.remove(`${folder}/owner.json`);
    // Who takes the folder waits for no pipe, and writes into nothing that lies there.
    await new Deno.Command("mkfifo", { args: [`${folder}/owner.json`, `${folder}/owner.json.part`] })
      .output();
    const { ms } = await taken(folder, tools());
    assert.equal(ms, 0);
  }));

Deno.test("an owner that ended leaves no name behind, and one that was killed holds nobody up on its machine", () =>
  inTempDir(async (folder) => {
    await (await RunLock.take(folder, tools()))[Symbol.asyncDispose]();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["lock"]);
    // The system has let go of what the process held; its name is still there.
    await writeOwner(folder, { ...STRANGER, host: "near" });
    const next = tools();
    const { outcome, ms } = await taken(folder, next);
    assert.ok(outcome instanceof RunLock);
    assert.deepEqual([ms, next.told], [0, []]);
    assert.deepEqual([(await ownerOf(folder)).pid, (await ownerOf(folder)).host], [42, "near"]);
    await outcome[Symbol.asyncDispose]();
  }));

for (
  const [where, owner, change] of [
    ["of another machine", STRANGER, {}],
    ["on a file system without locks", { ...STRANGER, host: "near" }, NO_LOCKS],
  ] as const
) {
  Deno.test(`an owner ${where} that beats on is heard, and one that does not is waited for once`, () =>
    inTempDir(async (folder) => {
      await writeOwner(folder, owner);
      const second = tools(change);
      let beats = owner.beats;
      const alive = await taken(folder, second, () => {
        if (second.clock.now_ms() === 2 * BEAT_MS) {
          Deno.writeTextFileSync(`${folder}/owner.json`, JSON.stringify({ ...owner, beats: ++beats }));
        }
      });
      assert.ok(alive.outcome instanceof UserError);
      assert.match(alive.outcome.message, /found process 7 on/);
      assert.equal(alive.ms, 3 * BEAT_MS);
      assert.match(
        second.told.join(),
        /process 7 on .*waiting up to 60 s to see whether it is still running/,
      );

      const dead = await taken(folder, tools(change));
      assert.ok(dead.outcome instanceof RunLock);
      assert.equal(dead.ms, WATCH_MS);
      await dead.outcome[Symbol.asyncDispose]();
    }));
}

Deno.test("an owner beats, and finds out at its next beat or checkpoint that it was taken for dead", () =>
  inTempDir(async (folder) => {
    for (const finds of ["beat", "check"] as const) {
      const own = tools(NO_LOCKS);
      const lock = await RunLock.take(folder, own);
      let lost: UserError | null = null;
      lock.onlost = (error) => lost = error;
      await own.clock.advance(BEAT_MS);
      await until(async () => (await ownerOf(folder)).beats === 1);
      await lock.check();
      assert.equal(lock.lost, null);

      await writeOwner(folder, STRANGER);
      if (finds === "beat") {
        await own.clock.advance(BEAT_MS);
        await until(() => lost !== null);
      } else await assert.rejects(lock.check(), UserError);
      assert.match(String(lost), /process 7 on far has taken it over/);
      assert.equal(lock.lost, lost);
      await assert.rejects(lock.check(), UserError);
      await lock[Symbol.asyncDispose]();
      // What is the other's stays.
      assert.deepEqual(await ownerOf(folder), STRANGER);
      assert.equal(own.clock.num_timers, 0);
      await Deno.remove(`${folder}/owner.json`);
    }
  }));

Deno.test("a lock that is no file is refused", () =>
  inTempDir(async (folder) => {
    await Deno.mkdir(`${folder}/lock`);
    await assert.rejects(RunLock.take(folder, tools()), /lock: it must be a regular file/);
  }));
