import assert from "node:assert/strict";
import {
  CLOSE_MS,
  type Fetch,
  FIRST_PAUSE_MS,
  GATHER_MS,
  HttpSink,
  MAX_WAITING,
  REQUEST_MS,
  TRY_MS,
} from "../../../../coordinator/run/records/http_sink.ts";
import type { Opening } from "../../../../coordinator/run/records/run_log.ts";
import type { RecordOf, RunRecord } from "../../../../runlog/records.ts";
import { end, runRecord, steps, TIME } from "../../../runlog/log/example_log.ts";
import { FakeClock, settled } from "../../../wire/fake_clock.ts";

const URL_ = "http://logs.example:8080/wagon?key=secret";
const RESUME: RecordOf<"resume"> = { type: "resume", step: 7, incarnation: 2, changed: {}, time: TIME };

interface Request {
  readonly at_ms: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly records: readonly RunRecord[];
}

type Answer = (number: number, init: RequestInit) => number | Promise<Response>;

/** `answer`: a status, or what comes instead; by the number of the request, from 0. */
function scene(answer: Answer = () => 204, opening: Opening = [runRecord()], token?: string) {
  const clock = new FakeClock();
  const said: string[] = [];
  const requests: Request[] = [];
  const fetch: Fetch = (url, init) => {
    assert.deepEqual([url, init.method, init.redirect], [URL_, "POST", "manual"]);
    const lines = (init.body as string).trimEnd().split("\n");
    requests.push({
      at_ms: clock.now_ms(),
      headers: init.headers as Record<string, string>,
      records: lines.map((line) => JSON.parse(line) as RunRecord),
    });
    const answered = answer(requests.length - 1, init);
    return typeof answered === "number"
      ? Promise.resolve(new Response(null, { status: answered }))
      : answered;
  };
  const sink = new HttpSink({ url: URL_, token, opening, fetch, clock, say: (line) => void said.push(line) });
  const types = () => requests.map(({ records }) => records.map(({ type }) => type));
  return { clock, said, requests, sink, types };
}

/** Never answers; ends when it is aborted. */
const silent: Answer = (_, { signal }) =>
  new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));

Deno.test("records are gathered for a second and sent in order, the run record first", async () => {
  const { clock, requests, sink } = scene(undefined, undefined, "a token");
  const records = steps(1, 30);
  for (const record of records.slice(0, 20)) sink.record(record);
  await clock.advance(GATHER_MS - 1);
  assert.equal(requests.length, 0);
  await clock.advance(1);
  for (const record of records.slice(20)) sink.record(record);
  sink.record(end(30));
  await sink.close();
  assert.deepEqual(
    requests.flatMap(({ records }) => records),
    JSON.parse(JSON.stringify([
      ...[runRecord(), ...records, end(30)],
    ])),
  );
  const about = { "content-type": "application/x-ndjson", "wagon-run": "example", "wagon-incarnation": "0" };
  assert.deepEqual(
    requests.map(({ headers }) => headers),
    ["0", "21"].map((first) => (
      { ...about, authorization: "Bearer a token", "wagon-first-record": first }
    )),
  );
  assert.equal(clock.num_timers, 0);
});

Deno.test("a run that goes on says which it is, and from where", async () => {
  const { requests, sink } = scene(undefined, [runRecord(), RESUME]);
  await sink.close();
  assert.deepEqual(requests.map(({ records }) => records.map(({ type }) => type)), [["run", "resume"]]);
  assert.equal(requests[0]!.headers["wagon-incarnation"], "2");
  assert.equal(requests[0]!.headers.authorization, undefined);
});

Deno.test("what failed is sent again after longer and longer pauses, and said once, without the address's secrets", async () => {
  const failures: (number | Error)[] = [
    503,
    new TypeError(`error sending request for url (${URL_}): refused`),
    429,
  ];
  const { clock, said, requests, sink } = scene((number) => {
    const failure = failures[number] ?? 200;
    return failure instanceof Error ? Promise.reject(failure) : failure;
  });
  for (const record of steps(1, 3)) sink.record(record);
  await clock.advance(GATHER_MS + 7 * FIRST_PAUSE_MS);
  assert.deepEqual(requests.map(({ at_ms }) => at_ms), [1000, 2000, 4000, 8000]);
  assert.equal(new Set(requests.map(({ records }) => records.length)).size, 1);
  assert.equal(new Set(requests.map(({ headers }) => headers["wagon-first-record"])).size, 1);
  await sink.close();
  assert.deepEqual(said, [
    "Cannot deliver the log to logs.example:8080, found status 503: trying again. Training goes on",
  ]);
  const other = scene(() => Promise.reject(failures[1]));
  await other.clock.advance(GATHER_MS);
  assert.deepEqual(other.said, [
    "Cannot deliver the log to logs.example:8080, found error sending request: refused: trying again. Training goes on",
  ]);
});

Deno.test("what cannot be delivered for two minutes is left out, and later records are tried", async () => {
  let up = false;
  const { clock, said, requests, sink } = scene(() => up ? 200 : 500);
  sink.record(steps(1, 1)[0]!);
  await clock.advance(GATHER_MS + TRY_MS);
  assert.ok(requests.length > 5 && requests.length < 12, String(requests.length));
  up = true;
  sink.record(steps(2, 2)[0]!);
  await clock.advance(GATHER_MS);
  assert.deepEqual(requests.at(-1)!.records, JSON.parse(JSON.stringify(steps(2, 2))));
  assert.equal(requests.at(-1)!.headers["wagon-first-record"], "2");
  await sink.close();
  assert.equal(said.at(-1), "2 records of the log did not reach logs.example:8080; events.jsonl has all");
});

Deno.test("an address that refuses what it gets is left alone", async () => {
  for (const status of [400, 401, 404, 302]) {
    const { clock, said, requests, sink } = scene(() => status);
    await clock.advance(GATHER_MS);
    for (const record of steps(1, 3)) sink.record(record);
    await clock.advance(2 * TRY_MS);
    await sink.close();
    assert.equal(requests.length, 1, String(status));
    assert.deepEqual(said, [
      `Cannot deliver the log to logs.example:8080, found status ${status}: nothing more is sent. Training goes on`,
      "4 records of the log did not reach logs.example:8080; events.jsonl has all",
    ]);
  }
});

Deno.test("an address that does not answer: requests end, one is open at a time, and the end of the run waits for seconds", async () => {
  const { clock, said, requests, sink } = scene(silent);
  await clock.advance(GATHER_MS + REQUEST_MS);
  assert.match(said[0]!, /found no answer in time: trying again/);
  await clock.advance(FIRST_PAUSE_MS);
  assert.deepEqual(requests.map(({ at_ms }) => at_ms), [1000, 12_000]);
  let closed = false;
  const closing = sink.close().then(() => closed = true);
  await clock.advance(CLOSE_MS - 1);
  assert.equal(closed, false);
  await clock.advance(1);
  await closing;
  assert.equal(requests.length, 2);
  assert.match(said.at(-1)!, /^1 record of the log did not reach/);
  assert.equal(clock.num_timers, 0);
});

Deno.test("the end of the run cuts a pause short", async () => {
  const { clock, requests, sink, said } = scene((number) => number < 4 ? 500 : 200);
  await clock.advance(GATHER_MS + 7 * FIRST_PAUSE_MS);
  assert.equal(requests.length, 4);
  await sink.close();
  assert.deepEqual([requests.length, said.length], [5, 1]);
});

Deno.test("what waits is bounded, and so is a request", async () => {
  const hang = Promise.withResolvers<Response>();
  const { clock, said, requests, sink } = scene((number) => number === 0 ? hang.promise : 200);
  await clock.advance(GATHER_MS);
  const [step] = steps(1, 1);
  const count = Math.ceil(1.5 * MAX_WAITING / JSON.stringify(step).length);
  for (let i = 0; i < count; i++) sink.record(step!);
  hang.resolve(new Response(null));
  for (let i = 0; i < 100; i++) await settled();
  await sink.close();
  assert.match(said[0]!, /found a receiver that is too slow: records are left out/);
  const lengths = requests.slice(1).map(({ records }) => JSON.stringify(records).length);
  assert.ok(lengths.every((length) => length < 300_000));
  const sum = lengths.reduce((a, b) => a + b, 0);
  assert.ok(sum > 0.99 * MAX_WAITING && sum < 1.01 * MAX_WAITING, String(sum));
  const delivered = requests.reduce((sum, { records }) => sum + records.length, 0);
  const lost = Number(said[1]!.split(" ")[0]!.replaceAll(",", ""));
  assert.equal(delivered + lost, 1 + count);
});
