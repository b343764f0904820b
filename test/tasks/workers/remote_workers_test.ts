/** Machines that come, go, never answer and cannot take part, with ssh and time in the hand of the test. */
import assert from "node:assert/strict";
import { readHosts } from "../../../tasks/workers/hosts_file.ts";
import {
  ANSWER_MS,
  JOIN_MS,
  LEAVE_MS,
  LOST_MS,
  RemoteWorkers,
  type Ssh,
} from "../../../tasks/workers/remote_workers.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";

const TUNNEL = "Allocated port 40001 for remote forward to 127.0.0.1:7700";

class FakeSsh implements Ssh {
  input = "";
  closed = false;
  readonly #code = Promise.withResolvers<number>();
  #said!: { readonly output: (line: string) => void; readonly error: (line: string) => void };

  constructor(readonly address: string) {}

  attend(output: (line: string) => void, error: (line: string) => void): Promise<number> {
    this.#said = { output, error };
    return this.#code.promise;
  }
  write(text: string): void {
    this.input += text;
  }
  close(): void {
    this.closed = true;
  }
  kill(): void {
    this.#code.resolve(255);
  }
  connect(): void {
    this.#said.error(TUNNEL);
  }
  join(): void {
    this.connect();
    this.#said.output("Joined run 12345678 at ws://127.0.0.1:40001 as worker 1");
  }
  async end(code: number, last = ""): Promise<void> {
    if (last !== "") this.#said.error(last);
    this.#code.resolve(code);
    await settled();
  }
}

class Bench {
  readonly clock = new FakeClock();
  readonly lines: string[] = [];
  readonly started: FakeSsh[] = [];
  failure: Error | null = null;
  readonly workers: RemoteWorkers;

  constructor(hosts: string) {
    this.workers = new RemoteWorkers({
      ...{ token: "secret", coordinator: "127.0.0.1:7700", dir: "/here", ssh_config: undefined },
      clock: this.clock,
      start: (args) => {
        const ssh = new FakeSsh(args.at(-2)!);
        this.started.push(ssh);
        return ssh;
      },
      onLine: (name, line) => void this.lines.push(`${name}: ${line}`),
      onNobodyLeft: (error) => void (this.failure = error),
    });
    this.workers.start(readHosts(hosts, "hosts.txt"));
  }

  get last(): FakeSsh {
    return this.started.at(-1)!;
  }
}

Deno.test("a machine is told folder, port and token once its tunnel is there; all leave at the end", async () => {
  const bench = new Bench("a\nb dir=mine");
  const [a, b] = bench.started as [FakeSsh, FakeSsh];
  assert.equal(a.input, "");
  a.join();
  b.join();
  assert.deepEqual([a.input, b.input], ["/here\n40001\nsecret\n", "mine\n40001\nsecret\n"]);
  const stopped = bench.workers.stop();
  assert.deepEqual([a.closed, b.closed], [true, true]);
  await a.end(0);
  // One that does not leave is ended.
  await bench.clock.advance(LEAVE_MS);
  await stopped;
  assert.deepEqual([bench.lines, bench.failure, bench.clock.num_timers], [[], null, 0]);
});

Deno.test("a machine that never answers is named at its deadline, and left out after three attempts", async () => {
  const bench = new Bench("a");
  for (let attempt = 1; attempt <= 3; attempt++) {
    assert.equal(bench.started.length, attempt);
    await bench.clock.advance(ANSWER_MS - 1);
    assert.equal(bench.lines.length, attempt - 1);
    await bench.clock.advance(1);
    await bench.clock.advance(attempt * 1_000);
  }
  const reason = "has not answered within 30 s";
  assert.deepEqual(bench.lines, [
    `a: ${reason}; trying again in 1 s`,
    `a: ${reason}; trying again in 2 s`,
    `a: left out of this run: ${reason}, 3 attempts long; try: ssh a`,
  ]);
  assert.equal(
    bench.failure!.message,
    `Cannot train without workers: at least one machine of --hosts must take part, found none; the last, a, ${reason}`,
  );
  assert.equal(bench.clock.num_timers, 0);
});

Deno.test("a machine with a connection, whose worker never joins, is named at its deadline", async () => {
  const bench = new Bench("a");
  bench.last.connect();
  await bench.clock.advance(ANSWER_MS);
  assert.deepEqual(bench.lines, []);
  await bench.clock.advance(JOIN_MS - ANSWER_MS);
  assert.deepEqual(bench.lines, [
    "a: is connected, but its worker has not joined within 300 s; trying again in 1 s",
  ]);
});

Deno.test("a machine that is lost is asked again, for ten minutes", async () => {
  const bench = new Bench("a");
  bench.last.join();
  await bench.last.end(255, "client_loop: send disconnect: Broken pipe");
  assert.deepEqual(bench.lines.splice(0), [
    "a: client_loop: send disconnect: Broken pipe",
    "a: the connection was lost (client_loop: send disconnect: Broken pipe); trying again in 1 s",
  ]);
  await bench.clock.advance(1_000);
  bench.last.join();
  await bench.last.end(1, "Something broke");
  assert.equal(
    bench.lines.at(-1),
    "a: its worker ended with exit code 1 (Something broke); trying again in 1 s",
  );
  const lost_ms = bench.clock.now_ms();
  for (let i = 0; bench.failure === null; i++) {
    assert.ok(i < 100 && bench.clock.now_ms() - lost_ms < LOST_MS + 60_000);
    await bench.clock.advance(30_000);
    await bench.last.end(255, "ssh: connect to host a port 22: No route to host");
  }
  assert.ok(bench.clock.now_ms() - lost_ms >= LOST_MS);
  assert.equal(
    bench.lines.at(-1),
    "a: left out of this run: cannot be reached (ssh: connect to host a port 22: No route to host), and did not " +
      "come back within 10 minutes; try: ssh a",
  );
});

Deno.test("a machine that cannot take part is left out at once; the others go on", async () => {
  const bench = new Bench("a\nb");
  const [a, b] = bench.started as [FakeSsh, FakeSsh];
  b.join();
  a.connect();
  await a.end(2, "Cannot find deno in /usr/bin: install Deno there");
  assert.deepEqual(bench.lines, [
    "a: left out of this run: its worker ended with exit code 2 (Cannot find deno in /usr/bin: install Deno there); " +
    "try: ssh a",
  ]);
  assert.equal(bench.failure, null);
  await bench.clock.advance(LOST_MS);
  assert.equal(bench.started.length, 2);
  const stopped = bench.workers.stop();
  await b.end(0);
  await stopped;
});
