/**
 * Takes the log of runs (--log-url) and hands their settings and figures to MLflow, by its REST API of version 2.0:
 *
 *   deno run --allow-net docs/examples/to_mlflow.ts http://127.0.0.1:5000
 *   deno task train --log-url http://127.0.0.1:7800/
 */
import type { RunRecord } from "../../runlog/records.ts";

type Call = (path: string, body: unknown) => Promise<Record<string, unknown>>;
type Metric = { key: string; value: number; timestamp: number; step: number };

/** MLflow takes so many parameters, and so many metrics, in one request. */
const MAX_PARAMS = 100;
const MAX_METRICS = 1000;
const STATUS = { finished: "FINISHED", interrupted: "KILLED", failed: "FAILED" } as const;

function callsTo(mlflow: string): Call {
  return async (path, body) => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${mlflow}/api/2.0/mlflow/${path}`, init);
    if (!response.ok) {
      throw new Error(`MLflow answers ${path} with ${response.status}: ${await response.text()}`);
    }
    return await response.json() as Record<string, unknown>;
  };
}

/** The figures of a record, by MLflow's names. */
function figuresOf(record: RunRecord): Readonly<Record<string, number | undefined>> {
  if (record.type === "evaluation") return { distance: record.sliced_wasserstein };
  if (record.type === "sample") return { diversity: record.diversity };
  if (record.type !== "step") return {};
  const { wasserstein_estimate, loss_critic, generator } = record;
  return { wasserstein_estimate, loss_critic, loss_generator: generator?.loss };
}

/** A run as MLflow has it. */
class Tracked {
  /** When this start of the run began, and its last step was made. */
  #started_ms: number;
  #now_ms: number;

  private constructor(readonly id: string, started_ms: number, readonly call: Call) {
    this.#started_ms = this.#now_ms = started_ms;
  }

  /** Finds the run, or makes it, with its settings as parameters. */
  static async begin(
    record: RunRecord & { type: "run" },
    experiment_ids: unknown[],
    call: Call,
  ): Promise<Tracked> {
    const { run, name, note = "", created, config } = record;
    const filter = `tags.\`wagon.run\` = '${run}'`;
    const found = await call("runs/search", { experiment_ids, filter, max_results: 1 });
    const [known] = (found.runs ?? []) as { info: { run_id: string } }[];
    const start_time = Date.parse(created);
    if (known) return new Tracked(known.info.run_id, start_time, call);
    const tags = [{ key: "wagon.run", value: run }, { key: "mlflow.note.content", value: note }];
    const about = {
      experiment_id: experiment_ids[0],
      run_name: name ?? String(config.preset),
      start_time,
      tags,
    };
    const made = await call("runs/create", about) as { run: { info: { run_id: string } } };
    const tracked = new Tracked(made.run.info.run_id, start_time, call);
    const params = Object.entries(config).map(([key, value]) => ({
      key,
      value: JSON.stringify(value).slice(0, 500),
    }));
    await call("runs/log-batch", { run_id: tracked.id, params: params.slice(0, MAX_PARAMS) });
    return tracked;
  }

  async take(records: readonly RunRecord[]): Promise<void> {
    const metrics: Metric[] = [];
    for (const record of records) {
      if (record.type === "resume") this.#started_ms = this.#now_ms = Date.parse(record.time);
      if (record.type === "step") this.#now_ms = this.#started_ms + Math.round(record.time_ms);
      for (const [key, value] of Object.entries(figuresOf(record))) {
        if (value === undefined || !("step" in record)) continue;
        metrics.push({ key, value, timestamp: this.#now_ms, step: record.step });
      }
    }
    for (let at = 0; at < metrics.length; at += MAX_METRICS) {
      await this.call("runs/log-batch", { run_id: this.id, metrics: metrics.slice(at, at + MAX_METRICS) });
    }
    const end = records.find(({ type }) => type === "end") as RunRecord & { type: "end" } | undefined;
    const status = end === undefined ? "RUNNING" : STATUS[end.reason];
    if (end || records.some(({ type }) => type === "resume")) {
      await this.call("runs/update", { run_id: this.id, status, ...end && { end_time: this.#now_ms } });
    }
  }
}

/** Answers wagon's requests. One that MLflow does not take is answered 502: wagon sends it again. */
export function bridgeTo(mlflow: string, experiment = "wagon"): (request: Request) => Promise<Response> {
  const call = callsTo(mlflow);
  const runs = new Map<string, Tracked>();
  const begin = async (record: RunRecord & { type: "run" }) => {
    const found = await call("experiments/search", { filter: `name = '${experiment}'`, max_results: 1 });
    const [known] = (found.experiments ?? []) as { experiment_id: string }[];
    const { experiment_id } = known ?? await call("experiments/create", { name: experiment });
    return await Tracked.begin(record, [experiment_id], call);
  };
  return async (request) => {
    const lines = (await request.text()).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as RunRecord);
    const id = request.headers.get("wagon-run") ?? "";
    try {
      const [first] = records;
      if (first?.type === "run") runs.set(id, await begin(first));
      const run = runs.get(id);
      // Started after the run: only its first request says what it is.
      if (!run) return new Response("The run record has not been seen", { status: 404 });
      await run.take(records);
      return new Response(null, { status: 204 });
    } catch (error) {
      console.error(String(error));
      return new Response(String(error), { status: 502 });
    }
  };
}

if (import.meta.main) {
  const [mlflow = "http://127.0.0.1:5000", port = "7800"] = Deno.args;
  Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, bridgeTo(mlflow));
}
