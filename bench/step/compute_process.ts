/**
 * Computes a lane's shards over and over, with nothing else to do, and tells how long a step's share takes.
 * Arguments: micro-batch, shards, "bare" or "bound". Writes {"ready"}, then answers {"kind", "milliseconds"} with {"step_ms"}.
 */
import type { NetworkName } from "../../common/network_name.ts";
import { bareShard } from "./bare_step.ts";
import { answerQuestions } from "../peers/peer_process.ts";
import { openSession } from "../../worker/runtime/open_session.ts";
import { openNodeSession } from "../../worker/runtime/node_session.ts";
import { buildModel } from "./wgan_model.ts";

/** Steps of one sample: where processes outnumber the cores, one step alone may have had a core to itself or not. */
const BLOCK_STEPS = 10;

const [micro_batch, shards] = Deno.args.slice(0, 2).map(Number) as [number, number];
const open = Deno.args[2] === "bound" ? openSession : openNodeSession;
const shard = bareShard(await buildModel("wgan", micro_batch, open));

async function stepMs(kind: NetworkName): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < BLOCK_STEPS * shards; i++) await shard(kind);
  return (performance.now() - start) / BLOCK_STEPS;
}

await stepMs("critic");
await stepMs("generator");
console.log(JSON.stringify({ ready: true }));
await answerQuestions<{ kind: NetworkName; milliseconds: number }>(async ({ kind, milliseconds }) => {
  const end_ms = performance.now() + milliseconds;
  const step_ms: number[] = [];
  while (performance.now() < end_ms) step_ms.push(await stepMs(kind));
  return { step_ms };
});
