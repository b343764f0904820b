/** Runs as the live page's visitors see them, served for a browser without any training. */
import { join } from "node:path";
import type { ExampleKind } from "../../../common/example_kind.ts";
import { LiveServer } from "../../../coordinator/live/live_server.ts";
import type { LiveRun } from "../../../coordinator/live/live_run.ts";
import type { Moment } from "../../../coordinator/live/snapshot.ts";
import type { View } from "../../../coordinator/live/view.ts";
import { encodePng } from "../../../pictures/png.ts";
import type { Raster } from "../../../pictures/raster.ts";
import { SYSTEM_CLOCK } from "../../../wire/clock.ts";
import { listen } from "../../../wire/ws_socket.ts";
import { liveRun, momentOf, RUN_VIEW } from "./scene.ts";
import { stepRecord } from "./step_facts.ts";

export const READ_TOKEN = "the-read-token-of-a-page";

/** A run of falling curves: pictures, distances and diversities every hundred steps. */
export function learningRun(num_steps: number): LiveRun {
  const live = liveRun(0);
  for (let step = 1; step <= num_steps; step++) {
    const mean_real = 0.1 + Math.exp(-step / 300) + 0.04 * Math.sin(step * step);
    live.record(stepRecord(step, {
      mean_real,
      mean_fake: 0,
      loss_critic: -mean_real,
      wasserstein_estimate: mean_real,
      ...step % 5 === 0 && { generator: { loss: 0.3 * Math.cos(step / 90), checksum: "" } },
    }));
    if (step % 100 !== 0) continue;
    live.record({ type: "sample", step, file: "samples/any.png", diversity: 1 - Math.exp(-step / 400) });
    live.record({ type: "evaluation", step, sliced_wasserstein: 0.05 + Math.exp(-step / 350) });
  }
  live.record({
    type: "checkpoint",
    step: num_steps,
    file: "checkpoints/a.safetensors",
    sha256: "",
    bytes: 1,
  });
  return live;
}

export interface Shown {
  readonly address: string;
  /** Ends the run for those who watch. */
  readonly close: () => Promise<void>;
}

/** Serves a run, in which every picture is this one, to whoever has the token. */
export async function showRun(
  live: LiveRun,
  picture: Raster,
  { kind = "images", run = {}, ...more }: {
    readonly kind?: ExampleKind;
    readonly run?: Partial<View["run"]>;
  } & Partial<Omit<Moment, "run">> = {},
): Promise<Shown> {
  const run_folder = await Deno.makeTempDir();
  await Deno.mkdir(join(run_folder, "samples"));
  await Deno.writeFile(join(run_folder, "samples/any.png"), encodePng(picture));
  await Deno.writeFile(join(run_folder, "generator.onnx"), Uint8Array.of(8, 7, 6));
  const server = new LiveServer({
    read_token: READ_TOKEN,
    names: [],
    public_paths: [],
    run_folder,
    moment: () => momentOf(live, { run: { ...RUN_VIEW, kind, ...run }, ...more }),
    clock: SYSTEM_CLOCK,
  });
  const listener = await listen({
    host: "127.0.0.1",
    port: 0,
    onsocket: (socket) => socket.close("not here"),
    onrequest: (request, response) => server.handle(request, response),
  });
  const close = async () => {
    await listener.close();
    await Deno.remove(run_folder, { recursive: true });
  };
  return { address: `http://127.0.0.1:${listener.port}/?token=${READ_TOKEN}`, close };
}
