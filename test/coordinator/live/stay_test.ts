import assert from "node:assert/strict";
import { stay } from "../../../coordinator/live/stay.ts";
import { RunOver } from "../../../wire/connecting/run_over.ts";
import { connect } from "../../../wire/ws_socket.ts";

Deno.test("after the run's end probes are answered, and workers are told that it is over, until a signal", async () => {
  const controller = new AbortController();
  const listening = Promise.withResolvers<number>();
  const stayed = stay({
    host: "127.0.0.1",
    port: 0,
    signal: controller.signal,
    listening: listening.resolve,
  });
  const port = await listening.promise;
  const answer = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, (await response.text()).trim()];
  };
  assert.deepEqual(await answer("/healthz"), [200, "ok"]);
  assert.deepEqual(await answer("/readyz"), [200, "ok"]);
  assert.deepEqual(await answer("/metrics"), [410, "The run is over"]);
  await assert.rejects(connect(`ws://127.0.0.1:${port}`), RunOver);
  controller.abort();
  await stayed;
  await assert.rejects(connect(`ws://127.0.0.1:${port}`), (error) => !(error instanceof RunOver));
});

Deno.test("a signal that came before it stays is heard", async () => {
  await stay({ host: "127.0.0.1", port: 0, signal: AbortSignal.abort() });
});
