/**
 * Keeping a process to some of the processor's cores, as MPI's launchers do. Linux alone, and only with the right to
 * call libraries (--allow-ffi).
 *
 * Reason: a system may wake a thread on the core of who wakes it. Of two workers on two cores, the first then computed
 * where the coordinator was about to ask the second, which got its work up to 1.4 ms late: a seventh of a step
 * (measured).
 */
import { openLibc } from "./libc.ts";

/** From sched.h. */
const SCHED_BATCH = 3;
/** The kernel refuses a set with fewer places than it has cores. */
const SET_BYTES = 1024;
const THIS_THREAD = 0;

const LIBC = {
  sched_getaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  sched_setaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  sched_setscheduler: { parameters: ["i32", "i32", "buffer"], result: "i32" },
} as const;

/** Numbers of the cores that this thread may use; null where nobody can tell. */
export function usableCores(): number[] | null {
  using library = openLibc(LIBC);
  const set = new Uint8Array(SET_BYTES);
  if (library === null || library.symbols.sched_getaffinity(THIS_THREAD, BigInt(SET_BYTES), set) < 0) {
    return null;
  }
  return Array.from({ length: 8 * SET_BYTES }, (_, core) => core)
    .filter((core) => set[core >> 3]! >> (core & 7) & 1);
}

/**
 * Keeps this thread, and those that it starts from now on, to these cores, where they wait for their turn instead of
 * interrupting each other. False where that cannot be done.
 */
export function keepToCores(cores: readonly number[]): boolean {
  using library = openLibc(LIBC);
  if (library === null || cores.some((core) => core >= 8 * SET_BYTES)) return false;
  const set = new Uint8Array(SET_BYTES);
  for (const core of cores) set[core >> 3]! |= 1 << (core & 7);
  const { sched_setaffinity, sched_setscheduler } = library.symbols;
  if (sched_setaffinity(THIS_THREAD, BigInt(SET_BYTES), set) !== 0) return false;
  return sched_setscheduler(THIS_THREAD, SCHED_BATCH, new Int32Array(1)) === 0;
}

/**
 * The cores of each of some workers, which compute at most `shards` shards at a time. Null where a core would be left
 * without a thread or a shard, or shared: the system then knows better where there is room.
 */
export function shareOut(
  cores: readonly number[],
  { workers, threads, shards }: { workers: number; threads: number; shards: number },
): number[][] | null {
  if (workers * threads !== cores.length || shards < cores.length) return null;
  return Array.from({ length: workers }, (_, i) => cores.slice(i * threads, (i + 1) * threads));
}
