/** All that is fuzzed. */
import { MemoryDisk } from "../coordinator/run/memory_disk.ts";
import { contents, MANIFEST, stateAt } from "../coordinator/training/small_state.ts";
import { CheckpointTarget } from "./checkpoint_target.ts";
import { DataTarget } from "./data_target.ts";
import { FleetTarget } from "./fleet_target.ts";
import { HandshakeTarget } from "./handshake_target.ts";
import { LogTarget, RECORDS } from "./log_target.ts";
import { NamedTarget } from "./named_target.ts";
import { PictureTarget } from "./picture_target.ts";
import { RelayTarget } from "./relay_target.ts";
import { StepIndexTarget } from "./step_index_target.ts";
import { ConnectionTarget } from "./connection_target.ts";
import type { Target } from "./target.ts";

/** `folder` is theirs. */
export async function openTargets(folder: string): Promise<Target[]> {
  const own = async (name: string) => {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path);
    return path;
  };
  const trained = { manifest: MANIFEST, stateAt: (step: number) => stateAt(step), contents };
  return [
    new LogTarget(await own("log")),
    await StepIndexTarget.open(await own("step_index"), RECORDS),
    await CheckpointTarget.open(trained, new MemoryDisk()),
    new HandshakeTarget(),
    FleetTarget.open(await own("fleet")),
    new ConnectionTarget(),
    new RelayTarget(),
    new PictureTarget(),
    DataTarget.files(await own("data")),
    DataTarget.tables(await own("parquet")),
    await NamedTarget.open(await own("named")),
  ];
}
