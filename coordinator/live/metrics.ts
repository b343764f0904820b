/**
 * The run's figures for Prometheus, in its text format 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/. Base units, counters end in _total and count since
 * this start of the coordinator.
 */
import { MEASURES, shownFigures } from "../../runlog/measures.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import { STEP_PHASES } from "./counters.ts";
import { type Moment, reasonOf } from "./snapshot.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** Samples without a value are left out. */
  readonly samples: readonly Sample[];
}

function escapeLabel(value: string): string {
  return cleanLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`).join(",");
  return `${name}${pairs && `{${pairs}}`} ${value}`;
}

function metricText({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(([labels, value]) => value === null ? [] : [line(name, labels, value)]);
  if (lines.length === 0) return "";
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;
}

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: "counter",
  help,
  samples,
});

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: "gauge",
  help,
  samples,
});

const one = (value: number | null): Sample[] => [[{}, value]];

function trainingMetrics(moment: Moment): Metric[] {
  const { run, live, step, elapsed_ms } = moment;
  const { counters } = live;
  const { gap, loss_critic, loss_generator } = counters.means;
  return [
    gauge("wagon_run_info", "Which run this is.", [[{ run: run.name }, 1]]),
    counter("wagon_steps_total", "Critic steps committed.", one(counters.steps)),
    counter("wagon_generator_steps_total", "Generator steps committed.", one(counters.generator_steps)),
    counter("wagon_examples_total", "Real examples shown to the critic.", one(counters.steps * run.batch)),
    gauge("wagon_step", "Critic steps of the run so far.", one(counters.last?.step ?? step)),
    gauge("wagon_target_steps", "Critic steps that the run will have.", one(run.total_steps)),
    gauge("wagon_steps_per_second", "Speed over the last steps.", one(counters.speed(elapsed_ms))),
    gauge(
      "wagon_wasserstein_estimate",
      "Mean D(x) - mean D(G(z)) over the last steps, where the objective makes it an estimate.",
      one(run.estimates_distance ? gap : null),
    ),
    gauge("wagon_score_gap", "Mean D(x) - mean D(G(z)) over the last steps.", one(gap)),
    gauge("wagon_critic_loss", "Critic's loss over the last steps.", one(loss_critic)),
    gauge("wagon_generator_loss", "Generator's loss over the last generator steps.", one(loss_generator)),
    counter(
      "wagon_phase_seconds_total",
      "Where the coordinator's time of the steps went.",
      STEP_PHASES.map((phase) => [{ phase }, counters.phases_ms[phase] / 1000] as const),
    ),
    gauge(
      "wagon_sliced_wasserstein_distance",
      "Distance of samples to the data, when it was last computed.",
      one(live.evaluations.entries.at(-1)?.sliced_wasserstein ?? null),
    ),
    gauge(
      "wagon_sample_figure",
      "Figures that --metrics names, when they were last computed.",
      shownFigures(live.evaluations.entries.at(-1) ?? {}).map(([name, value]) =>
        [{ figure: MEASURES[name].option }, value] as const
      ),
    ),
    gauge("wagon_last_checkpoint_step", "Step of the last checkpoint.", one(live.checkpoint?.step ?? null)),
  ];
}

function workMetrics(moment: Moment): Metric[] {
  const { live, crew } = moment;
  const { counters } = live;
  const workers = crew.members.map((member) => {
    const { id, name, provider, device } = member;
    return {
      labels: { worker: String(id), name, provider, device },
      member,
      counters: counters.workers.get(id),
    };
  });
  type Worker = typeof workers[number];
  const each = (value: (worker: Worker) => number): Sample[] =>
    workers.map((worker) => [worker.labels, value(worker)] as const);
  return [
    gauge("wagon_workers", "Workers that are in.", one(crew.members.length)),
    gauge("wagon_waiting", "1 while the run waits for workers.", one(reasonOf(moment) === null ? 0 : 1)),
    counter("wagon_received_bytes_total", "Bytes received from workers in steps.", one(counters.bytes_in)),
    counter("wagon_sent_bytes_total", "Bytes sent to workers in steps.", one(counters.bytes_out)),
    counter("wagon_faults_total", "Things that went wrong and were dealt with.", one(counters.faults)),
    counter(
      "wagon_worker_shards_total",
      "Shards computed by a worker.",
      each(({ counters }) => counters?.shards ?? 0),
    ),
    counter(
      "wagon_worker_compute_seconds_total",
      "Time that a worker spent in ONNX Runtime, summed over its shards.",
      each(({ counters }) => (counters?.compute_ms ?? 0) / 1000),
    ),
    counter(
      "wagon_worker_received_bytes_total",
      "Bytes received from a worker.",
      each(({ member }) => member.channel.bytes_in),
    ),
    counter(
      "wagon_worker_sent_bytes_total",
      "Bytes sent to a worker.",
      each(({ member }) => member.channel.bytes_out),
    ),
    gauge("wagon_worker_threads", "Compute threads of a worker.", each(({ member }) => member.threads)),
    gauge(
      "wagon_worker_silent_seconds",
      "Time since a worker was last heard.",
      each(({ member }) => Math.max(0, crew.now_ms - member.channel.last_heard_ms) / 1000),
    ),
  ];
}

/** The body of an answer to a scrape. */
export function metricsText(moment: Moment): string {
  return [...trainingMetrics(moment), ...workMetrics(moment)].map(metricText).join("");
}
