/** Where the log of a program's run goes, beside its run folder. */
import { checkOptions } from "../common/cli/options.ts";
import { PLACE_OPTIONS } from "../coordinator/config/options.ts";
import { type OpenSinks, sinksFor } from "../coordinator/run/records/open_sinks.ts";
import type { RunRecord } from "../runlog/records.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import type { RunWatch } from "./run_watch.ts";

/**
 * Called with each record of a run's log, in their order; the first has the type "run". Training waits until it returns,
 * so it must be fast. If it throws, the run stops, and the error is thrown.
 *
 * @example
 * ```ts
 * import { type OnRecord, train } from "@wagon/wagon";
 *
 * const types = new Set<string>();
 * const onRecord: OnRecord = ({ type }) => void types.add(type);
 * await train({ data: "8gaussians", steps: 5, onRecord });
 * console.assert(types.has("run") && types.has("step") && types.has("end"));
 * ```
 */
export type OnRecord = (record: RunRecord) => void;

/**
 * Programs that get the log of a run while it trains. They change no result, and training does not wait for them.
 *
 * @example
 * ```ts
 * import type { LogOptions } from "@wagon/wagon";
 *
 * const log: LogOptions = { tensorboard: "logs", onWarning: (line) => console.warn(line) };
 * console.log(log.tensorboard);
 * ```
 */
export interface LogOptions {
  /** Gets each record of the log. */
  readonly onRecord?: OnRecord;
  /** Folder for TensorBoard events; they are written into a subfolder with the run's name. */
  readonly tensorboard?: string;
  /** Address that gets the log as JSON lines over HTTP, as `--log-url` describes it in docs/watching-a-run.md. */
  readonly log_url?: string;
  /** Bearer token for `log_url`. */
  readonly log_token?: string;
  /** Called with a line of text if events or records cannot be written or delivered. */
  readonly onWarning?: (line: string) => void;
}

/** What opens the sinks. Throws {@linkcode UserError} for what cannot be written to at all. */
export async function openSinksOf(options: LogOptions, watch: RunWatch): Promise<OpenSinks> {
  const { tensorboard, log_url, log_token, onWarning = () => {} } = options;
  const given = { ...tensorboard !== undefined && { tensorboard }, ...log_url !== undefined && { log_url } };
  checkOptions(SINKS, given, "the options");
  const open = await sinksFor({ tensorboard, log_url, log_token }, { fetch, clock: SYSTEM_CLOCK });
  return async (run) => [...await watch.begin(run), ...await open(run, onWarning)];
}

const { tensorboard, log_url } = PLACE_OPTIONS;
const SINKS = { tensorboard, log_url };
