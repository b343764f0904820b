/** Options for schedulers that start services again: /healthz, --public-metrics, --fail-when-stopped, --stay. */
import assert from "node:assert/strict";
import { lastStep, logged } from "./log.ts";
import { Workplace } from "./workplace.ts";

Deno.test({
  name:
    "a coordinator that is stopped fails where that is wanted, comes back, and stays after the end of its run",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using place = await Workplace.open();
    const out = place.path("run"), token_file = place.path("wagon.token");
    await Deno.writeTextFile(token_file, "a token of this test\n");
    const args = ["--shards", "2", "--batch", "16", "--auto-resume", "--token-file", token_file];
    const work = (port: string) =>
      place.start("worker", [
        ...["--coordinator", `ws://127.0.0.1:${port}`, "--token-file", token_file],
        ...["--threads", "1", "--fail-when-stopped"],
      ]);
    const first = place.coordinate(out, [...args, "--steps", "1000000", "--fail-when-stopped"]);
    await first.line(/Waiting|waiting/);
    const { url } = await place.rendezvous();
    const port = new URL(url).port;
    const worker = work(port);
    await logged(out, "a step", (records) => lastStep(records) > 0);
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, text: await response.text() };
    };
    assert.deepEqual(await ask("/readyz"), { status: 200, text: "ok\n" });
    assert.equal((await ask("/metrics")).status, 401);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 143, first.said);

    const step = lastStep(await logged(out, "its end", (records) => records.at(-1)?.type === "end"));
    // The worker waits meanwhile.
    const again = ["--port", port, "--steps", `${step + 400}`, "--public-metrics", "--stay"];
    const second = place.coordinate(out, [...args, ...again]);
    await logged(out, "a step after that", (records) => lastStep(records) > step);
    const { status, text } = await ask("/metrics");
    assert.deepEqual([status, /^wagon_step \d+$/m.test(text)], [200, true], text);
    assert.equal((await ask("/")).status, 401);
    assert.equal((await worker.end()).code, 0, worker.said);
    await second.line(/Finished at step/);
    const late = work(port);
    assert.equal((await late.end()).code, 0, late.said);
    assert.match(late.said, /The run is over/);
    assert.deepEqual(await ask("/healthz"), { status: 200, text: "ok\n" });
    second.signal("SIGTERM");
    assert.equal((await second.end()).code, 0, second.said);
  },
});
