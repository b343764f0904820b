/** What a fleet is told of its run's coordinator. */
import type { ChunkMemory } from "../memory/chunk_memory.ts";
import type { PackedResults } from "../memory/packed_results.ts";
import type { ResultMemory } from "../memory/result_memory.ts";
import type { AdmissionOptions } from "./admission.ts";

export interface FleetOptions extends AdmissionOptions {
  /** Where results lie until the next round. Workers on this machine share it. */
  readonly memory: ResultMemory;
  /** Reads rounded results; absent: they are float32. */
  readonly packed?: PackedResults | null;
  /** Where chunks of results lie until the next round; absent: where the socket puts them. */
  readonly chunks?: ChunkMemory | null;
}
