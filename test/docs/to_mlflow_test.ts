/** The example that hands a run's log to MLflow, against MLflow's REST API as its documentation has it. */
import assert from "node:assert/strict";
import { bridgeTo } from "../../docs/examples/to_mlflow.ts";
import { end, runRecord, stepRecord, steps, TIME } from "../runlog/log/example_log.ts";
import type { RunRecord } from "../../runlog/records.ts";

interface TrackedRun {
  readonly run_id: string;
  readonly name: string;
  readonly start_time: number;
  readonly tags: { key: string; value: string }[];
  readonly params: Map<string, string>;
  readonly metrics: { key: string; value: number; timestamp: number; step: number }[];
  status: string;
  end_time?: number;
}

/** mlflow.org/docs/latest/rest-api.html: the endpoints that the example uses, with their limits. */
class FakeMlflow {
  readonly runs: TrackedRun[] = [];
  readonly experiments = new Map<string, string>();
  down = false;

  // deno-lint-ignore no-explicit-any
  answer(path: string, body: any): unknown {
    if (this.down) return null;
    switch (path) {
      case "experiments/search": {
        const name = /^name = '(.*)'$/.exec(body.filter)![1]!;
        const id = this.experiments.get(name);
        return id === undefined ? {} : { experiments: [{ experiment_id: id, name }] };
      }
      case "experiments/create":
        assert.ok(!this.experiments.has(body.name), "RESOURCE_ALREADY_EXISTS");
        this.experiments.set(body.name, `${100 + this.experiments.size}`);
        return { experiment_id: this.experiments.get(body.name) };
      case "runs/search": {
        assert.deepEqual(body.experiment_ids, [...this.experiments.values()]);
        const [, key, value] = /^tags\.`(.*)` = '(.*)'$/.exec(body.filter)!;
        const runs = this.runs.filter(({ tags }) =>
          tags.some((tag) => tag.key === key && tag.value === value)
        );
        return runs.length === 0 ? {} : { runs: runs.map(({ run_id }) => ({ info: { run_id } })) };
      }
      case "runs/create": {
        assert.ok([...this.experiments.values()].includes(body.experiment_id), "No such experiment");
        const run_id = `id-${this.runs.length}`;
        const { run_name: name, start_time, tags } = body;
        this.runs.push({ run_id, name, start_time, tags, params: new Map(), metrics: [], status: "RUNNING" });
        return { run: { info: { run_id } } };
      }
      case "runs/log-batch": {
        const run = this.#run(body.run_id);
        const { metrics = [], params = [] } = body;
        assert.ok(metrics.length <= 1000 && params.length <= 100, "INVALID_PARAMETER_VALUE");
        for (const { key, value } of params) {
          assert.ok(typeof value === "string" && value.length <= 6000 && !run.params.has(key));
          run.params.set(key, value);
        }
        run.metrics.push(...metrics);
        return {};
      }
      case "runs/update": {
        const { status, end_time } = body;
        Object.assign(this.#run(body.run_id), { status, ...end_time !== undefined && { end_time } });
        return {};
      }
    }
    throw new Error(`No endpoint ${path}`);
  }

  #run(run_id: string): TrackedRun {
    const run = this.runs.find((run) => run.run_id === run_id);
    assert.ok(run, "RESOURCE_DOES_NOT_EXIST");
    return run;
  }
}

Deno.test("the example for MLflow: runs with names, settings and figures, once each, over failures and resumes", async () => {
  const mlflow = new FakeMlflow();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const [, path] = /\/api\/2\.0\/mlflow\/(.*)$/.exec(request.url)!;
    const answer = mlflow.answer(path!, await request.json());
    return answer === null ? new Response("down", { status: 503 }) : Response.json(answer);
  });
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    let bridge = bridgeTo(url);
    const post = async (records: readonly RunRecord[]) => {
      const body = records.map((record) => `${JSON.stringify(record)}\n`).join("");
      const headers = { "wagon-run": "example" };
      return (await bridge(new Request("http://bridge/", { method: "POST", body, headers }))).status;
    };
    const run = runRecord({ name: "first", note: "why" });
    mlflow.down = true;
    assert.equal(await post([run]), 502);
    mlflow.down = false;
    assert.equal(await post([run, ...steps(1, 600)]), 204);
    assert.equal(await post([{ type: "sample", step: 600, file: "a.png", diversity: 0.75 }]), 204);
    assert.equal(await post([end(600, { reason: "interrupted" })]), 204);
    const [tracked] = mlflow.runs;
    assert.deepEqual([tracked!.name, tracked!.start_time, tracked!.status], [
      "first",
      Date.parse(TIME),
      "KILLED",
    ]);
    assert.deepEqual(tracked!.tags, [
      { key: "wagon.run", value: "example" },
      { key: "mlflow.note.content", value: "why" },
    ]);
    assert.equal(tracked!.params.get("preset"), '"wgan"');
    assert.equal(tracked!.metrics.filter(({ key }) => key === "loss_critic").length, 600);
    assert.deepEqual(tracked!.metrics.at(-1), {
      ...{ key: "diversity", value: 0.75, step: 600, timestamp: tracked!.end_time! },
    });
    // Another bridge, for a run that goes on.
    bridge = bridgeTo(url);
    assert.equal(await post([steps(1, 1)[0]!]), 404);
    const resume = { type: "resume", step: 600, incarnation: 1, changed: {}, time: TIME } as const;
    assert.equal(await post([run, resume]), 204);
    assert.equal(tracked!.status, "RUNNING");
    assert.equal(await post([...steps(601, 603), end(603)]), 204);
    assert.deepEqual([mlflow.runs.length, tracked!.status], [1, "FINISHED"]);
    const last = stepRecord(603);
    assert.deepEqual(tracked!.metrics.findLast(({ key }) => key === "loss_critic"), {
      ...{ key: "loss_critic", value: last.loss_critic, step: 603 },
      timestamp: Date.parse(TIME) + Math.round(last.time_ms),
    });
  } finally {
    await server.shutdown();
  }
});
