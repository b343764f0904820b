/** Puts the live page together: what it shows, and from where. */
import { exampleKind } from "../../common/example_kind.ts";
import { counted } from "../../common/text/counted.ts";
import { basename } from "node:path";
import { foldRun } from "../../runlog/log/fold_run.ts";
import type { Clock } from "../../wire/clock.ts";
import type { ServerTls } from "../../common/tls/tls_files.ts";
import { isLoopback, ownInterfaces, ownNames, reachedAs, trustedFile } from "../terminal/addresses.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Prepared } from "../run/prepare.ts";
import type { RunFolder } from "../run/run_folder.ts";
import { LiveRun } from "./live_run.ts";
import { LiveServer } from "./live_server.ts";
import type { RunView } from "./view.ts";

/** A run with a folder: the page shows what lies there. */
export type KeptRun = Prepared & { readonly folder: RunFolder };

/** @throws {Error} where a run without a folder was given a page. */
export function keptRun(run: Prepared): KeptRun {
  const { folder } = run;
  if (folder === null) throw new Error("A live page needs a run folder");
  return { ...run, folder };
}

/** The run's log so far; for a resumed run, everything before the resume. */
export async function openLiveRun({ log, folder }: Pick<KeptRun, "log" | "folder">): Promise<LiveRun> {
  const live = new LiveRun();
  await log.flush();
  await foldRun(folder.path, live);
  return live;
}

/** Settings of the command line for the page and for joining. */
export interface PageOptions {
  readonly host: string;
  /** What the port needs to speak TLS; absent or null: it is not encrypted. */
  readonly tls?: ServerTls | null;
  /** The token that opens the live page, and nothing else. */
  readonly read_token: string;
  /** True if the figures of /metrics need no token. */
  readonly public_metrics?: boolean;
  /** The place of the workers' token, in words for a person. */
  readonly token_place: string;
  /** Which command this is. */
  readonly task: "train" | "coordinator";
  readonly min_workers: number;
  /** True if workers of this user on this machine may find the address and the token by themselves. */
  readonly rendezvous: boolean;
}

interface Parts {
  readonly run: KeptRun;
  readonly live: LiveRun;
  readonly fleet: Fleet;
  /** Since the start of the incarnation: the clock of its records. */
  readonly elapsed_ms: () => number;
  readonly port: number;
  readonly options: PageOptions;
  readonly clock: Clock;
}

/** Names of classes in one line. */
const MOST_CLASSES = 20;

/** The rows of the grids of samples, from the top. */
function classesLine(names: readonly string[]): string {
  const shown = names.slice(0, MOST_CLASSES).join(", ");
  return `${counted(names.length, "class", "classes")}: ${shown}${names.length > MOST_CLASSES ? ", …" : ""}`;
}

/** Settings in words. */
function factsOf({ config, data, folder, record }: KeptRun): string[] {
  const { name, note } = record;
  const { preset, batch, shards, n_critic, clip, penalty, wire, seed, local_steps, learners } = config;
  const examples = (data.data.num_examples - data.plan.holdout.length).toLocaleString("en-US");
  return [
    ...name === undefined || basename(folder.path).includes(name) ? [] : [name],
    preset,
    `${examples} examples of ${data.data.name}`,
    ...data.data.labels ? [classesLine(data.data.labels.class_names)] : [],
    `batch ${batch} in ${shards} shards`,
    `${n_critic} critic steps for each generator step`,
    ...ratesOf(config),
    ...clip === null ? [] : [`clip ${clip}`],
    ...penalty === null ? [] : [`penalty ${penalty}`],
    ...config.r1 === null ? [] : [`R1 ${config.r1}`],
    ...config.r2 === null ? [] : [`R2 ${config.r2}`],
    ...config.lazy_penalty === 1 ? [] : [`penalties in one of ${config.lazy_penalty} critic steps`],
    ...wire === "float32" ? [] : [`gradients and weights sent as ${wire}`],
    ...local_steps === null
      ? []
      : [`${counted(learners!, "learner")} averaged every ${counted(local_steps, "step")}`],
    ...config.ema_half_life > 0
      ? [`samples from an average of the generator, half-life ${counted(config.ema_half_life, "example")}`]
      : [],
    `seed ${seed}`,
    ...note === undefined ? [] : [`note: ${note}`],
  ];
}

/** Learning rates, and what gradients are scaled to. */
function ratesOf({ lr, lr_critic, lr_generator, clip_grad_norm }: KeptRun["config"]): string[] {
  const critic = lr_critic ?? lr, generator = lr_generator ?? lr;
  return [
    critic === generator
      ? `learning rate ${critic}`
      : `learning rates ${critic} (critic) and ${generator} (generator)`,
    ...clip_grad_norm === null ? [] : [`norms of gradients at most ${clip_grad_norm}`],
  ];
}

function runView({ run, port, options }: Pick<Parts, "run" | "port" | "options">): RunView {
  const { config, data, folder } = run;
  const { task, host, tls = null, rendezvous, token_place } = options;
  const open = !isLoopback(host);
  const reached = open ? reachedAs(host, ownInterfaces, tls?.certificate ?? null)[0] ?? null : null;
  const scheme = tls === null ? "ws" : "wss";
  return {
    name: basename(folder.path),
    facts: factsOf(run),
    total_steps: config.steps,
    batch: config.batch,
    epoch_steps: data.plan.steps_per_epoch,
    estimates_distance: run.estimates_distance,
    kind: exampleKind(data.data),
    join: { task, open, rendezvous, token: token_place, port, reached, scheme, tls_ca: trustedFile(tls) },
  };
}

export function openPage({ run, live, fleet, elapsed_ms, port, options, clock }: Parts): LiveServer {
  const { host, tls, min_workers, read_token, public_metrics = false } = options;
  const view = runView({ run, port, options });
  return new LiveServer({
    read_token,
    names: ownNames(host, tls?.certificate),
    public_paths: public_metrics ? ["/metrics"] : [],
    run_folder: run.folder.path,
    clock,
    moment: () => ({
      run: view,
      live,
      crew: { members: fleet.members, asked: fleet.asked, now_ms: clock.now_ms() },
      min_workers,
      elapsed_ms: elapsed_ms(),
      step: run.state.step,
      generator_step: run.state.generator_step,
    }),
  });
}
