/** What a coordinator sends, damaged, to a worker from its graphs on: it refuses, leaves, or computes. */
import { checksumBytes } from "../../kernels/kernels.ts";
import { bytesOf } from "../../wire/frame.ts";
import { run, scene } from "../worker/connection/connection_scene.ts";
import { EXAMPLE_BYTES, MICRO_BATCH, RUN_ID } from "../worker/test_run.ts";
import { settled } from "../wire/fake_clock.ts";
import type { Socket } from "../../wire/socket.ts";
import type { Chance } from "./chance.ts";
import { DamagedSocket } from "./damaged_socket.ts";
import type { Target } from "./target.ts";

export class ConnectionTarget implements Target {
  readonly name = "messages to a worker";

  async attempt(chance: Chance): Promise<string> {
    // Graphs as they should be, in most attempts: else there is not much to come after them.
    let damaged: DamagedSocket;
    const share = chance.is(0.2) ? 0.3 : 0;
    const through = (socket: Socket) => damaged = new DamagedSocket(socket, chance, share);
    const { coordinator, connection, said, clock } = await scene({ through });
    coordinator.sendArtifacts();
    for (let i = 0; i < 50 && said.length === 0; i++) await settled();
    damaged!.share = 0.4;
    coordinator.sendWeights("critic");
    coordinator.sendWeights("generator");
    for (let i = 0; i < 12; i++) {
      send(coordinator, chance);
      await settled();
    }
    await clock.advance(1_000);
    connection.leave("fuzzed");
    const { kind } = await connection.ended;
    await settled();
    return `${said.some((line) => line.startsWith("computed")) ? "computed, then " : ""}${kind}`;
  }
}

function send(coordinator: Awaited<ReturnType<typeof scene>>["coordinator"], chance: Chance): void {
  const shard = chance.below(4);
  switch (chance.below(9)) {
    case 0:
      return coordinator.sendWeights(chance.of(["critic", "generator"]));
    case 8: {
      const [bytes, about] = [bytesOf(run.weights.critic), { state: "critic", step: 1 } as const];
      coordinator.send({ type: "weights_chunk", ...about, index: 0, checksum: run.checksums.critic }, bytes);
      const checksum = run.checksums.critic;
      return coordinator.send({
        type: "weights_end",
        ...coordinator.fence(),
        ...about,
        checksum,
        from: null,
      });
    }
    case 1:
      return coordinator.sendShard(shard);
    case 2: {
      const bytes = run.shards[shard]!;
      const message = { run: RUN_ID, shard, offset: 0, total: bytes.length, checksum: checksumBytes(bytes) };
      return coordinator.send({ type: "shard_chunk", ...message }, bytes);
    }
    case 3: {
      const examples = run.shards[shard]!.slice(0, MICRO_BATCH * EXAMPLE_BYTES);
      return coordinator.send(coordinator.work(shard, shard + 1, { inline: [shard] }), examples);
    }
    case 4:
      return coordinator.send(
        coordinator.work(0, 4, { kind: "generator", noise_purpose: "generator_noise" }),
      );
    case 5: {
      const job = coordinator.job("sample", 1 + chance.below(4), 1 + chance.below(9));
      const { generator } = run.weights;
      return coordinator.send(job, new Uint8Array(4 * (generator.length + run.statistics.length)));
    }
    case 6:
      return coordinator.send({ type: "notice", text: "a word" });
    default:
      return coordinator.send({ type: "refuse", code: "stale", reason: "too late", fatal: false, job: null });
  }
}
