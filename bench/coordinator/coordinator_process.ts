/**
 * A coordinator, or what of one cannot be spared, in a process of its own, for {@linkcode answerQuestions}: steps by
 * scripted workers over real sockets, and what of the processor's time and of memory they take.
 */
import { ShardPlan } from "../../coordinator/data/plan.ts";
import { dataSetOf } from "../../coordinator/data/data_set.ts";
import { ShardedData } from "../../coordinator/data/sharded_data.ts";
import { RMSPROP } from "../../algorithm/optimizers.ts";
import type { RunConfig } from "../../coordinator/config/config.ts";
import { Fleet } from "../../coordinator/fleet/fleet.ts";
import { allocate } from "../../coordinator/run/run_graphs.ts";
import { StreamedUpdate } from "../../coordinator/training/streamed_update.ts";
import { publishAll, train } from "../../coordinator/training/train.ts";
import { buildLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Clock } from "../../wire/clock.ts";
import type { Socket } from "../../wire/socket.ts";
import { listen } from "../../wire/ws_socket.ts";
import { answerQuestions } from "../peers/peer_process.ts";
import { type CostAnswer, CostMeter, type CostQuestion, HOST, scripted, WARMUP } from "./cost_meter.ts";
import { copied, withoutAnything } from "./yardsticks.ts";

const TAIL = ["loss", "mean_D_real", "mean_D_fake"];
const MOST_SHARDS = 64;

/** Time stands still: no heartbeats, nobody is late, shards stay where they are. */
const STILL: Clock = { now_ms: () => 0, after: () => () => {}, every: () => () => {} };

function manifestOf(num_gradients: number): Manifest {
  const graph = (network: string, size: number) => {
    const shapes = [
      { name: `${network}.0.weight_grad`, shape: [size] },
      ...TAIL.map((name) => ({ name, shape: [] })),
    ];
    const { size: whole, slots } = buildLayout(shapes);
    return { size: whole, outputs: slots, tail_offset: size };
  };
  return {
    micro_batch: 1,
    example_shape: [1],
    layouts: {
      critic: buildLayout([{ name: "critic.0.weight", shape: [num_gradients] }]),
      generator: buildLayout([{ name: "generator.0.weight", shape: [1] }]),
      statistics: buildLayout([]),
    },
    graphs: {
      critic_training_model: graph("critic", num_gradients),
      generator_training_model: graph("generator", 1),
    },
  } as unknown as Manifest;
}

/** A run that has nothing but its critic. */
function runOf({ num_workers, num_gradients, steps }: CostQuestion) {
  const manifest = manifestOf(num_gradients);
  const shards = Math.max(num_workers, MOST_SHARDS);
  const config = {
    ...{ shards, accumulate: 1, steps: WARMUP + steps, n_critic: 1_000_000, optimizer: RMSPROP, lr: 5e-5 },
    ...{ decay_steps: 0, clip: 0.01, schedule: "paper", warm_up: false, wire: "float32", wire_groups: null },
  } as unknown as RunConfig;
  const { state, tree, results: memory, chunks } = allocate(manifest, config);
  state.refreshChecksums();
  return { manifest, config, state, tree, memory, chunks };
}

async function openFleet(
  { manifest, config: { shards }, memory, chunks }: ReturnType<typeof runOf>,
): Promise<Fleet> {
  const num_examples = 2 * shards;
  const data = dataSetOf("bench", [1], "uint8", new Uint8Array(num_examples));
  const plan = new ShardPlan({ num_examples, num_shards: shards, batch: shards, holdout: 0, seed: 1 });
  const token = Deno.env.get("WAGON_TOKEN")!;
  const options = { token, read_token: undefined, clock: STILL, exact: true, classes: [] };
  return new Fleet(
    { run: "bench", incarnation: 0, seed: 1, manifest, files: [] },
    await ShardedData.of(data, plan),
    { ...options, shared_memory: null, memory, chunks },
    {
      joined: () => {},
      relayed: () => {},
      left: (_, reason) => console.error(reason),
      fault: console.error,
      refused: console.error,
    },
  );
}

/** Steps of a real fleet, update and all. */
async function withWorkers(question: CostQuestion): Promise<CostAnswer> {
  const { num_workers, num_gradients, steps } = question;
  const run = runOf(question);
  const { manifest, config, state, tree, chunks } = run;
  const fleet = await openFleet(run);
  const onsocket = (socket: Socket, peer: string) => void fleet.accept(socket, peer);
  const listener = await listen({ host: HOST, port: 0, onsocket });
  const workers = scripted(
    "workers",
    `ws://${HOST}:${listener.port}`,
    num_workers,
    num_gradients,
    TAIL.length,
  );
  await fleet.waitFor(num_workers);
  publishAll(state, fleet);
  const meter = new CostMeter();
  const bytes = () => fleet.bytes.in + fleet.bytes.out;
  const now_ms = () => performance.now();
  await train({
    ...{ config, manifest, state, fleet, tree, now_ms, epoch_steps: 2 },
    streamed: new StreamedUpdate({ config, manifest, state, fleet, memory: chunks!, now_ms }),
    committed: ({ step }) => {
      meter.look();
      if (step === WARMUP) meter.begin(bytes());
      return true;
    },
  });
  const answer = meter.end(bytes(), steps);
  await fleet.finish("measured");
  await workers.close();
  await listener.close();
  return answer;
}

if (import.meta.main) {
  Deno.env.set("WAGON_TOKEN", crypto.randomUUID());
  await answerQuestions<CostQuestion>((question) => {
    if (question.mode === "copy") return copied(question);
    return question.mode === "bare" ? withoutAnything(question) : withWorkers(question);
  });
  Deno.exit(0);
}
