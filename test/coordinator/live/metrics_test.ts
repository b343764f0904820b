import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { metricsText } from "../../../coordinator/live/metrics.ts";
import { readGolden } from "../../goldens/golden.ts";
import { exampleMetrics } from "./example_metrics.ts";
import { liveRun, momentOf, RUN_VIEW } from "./scene.ts";

interface Family {
  type: string;
  help: string;
  readonly samples: Map<string, number>;
}

/**
 * Reads the text format 0.0.4 by its own grammar, strictly: HELP and TYPE once and before the samples of their metric,
 * names and labels well formed, a newline at the end, no sample twice.
 */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  assert.ok(text.endsWith("\n"));
  let open = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment) {
      const [, kind, name, rest] = comment;
      const family = families.get(name!) ?? { type: "", help: "", samples: new Map() };
      if (kind === "HELP") assert.ok(!families.has(name!), `${name} stands twice`);
      families.set(name!, family);
      if (kind === "TYPE") family.type = rest!;
      else family.help = rest!;
      open = name!;
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/.exec(line);
    assert.ok(sample, line);
    const [, name, labels = "", value] = sample;
    assert.equal(name, open, "samples stand below their metric");
    assert.match(labels, /^(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*",?)+\})?$/);
    const { samples } = families.get(name!)!;
    assert.ok(!samples.has(labels), `${name}${labels} stands twice`);
    samples.set(labels, Number(value));
  }
  return families;
}

const valueOf = (families: Map<string, Family>, name: string, labels = "") =>
  families.get(name)?.samples.get(labels);

Deno.test("metrics are in Prometheus's text format, with its naming", () => {
  const families = parse(exampleMetrics());
  for (const [name, { type, help, samples }] of families) {
    assert.match(name, /^wagon_[a-z_]+$/);
    assert.equal(type, name.endsWith("_total") ? "counter" : "gauge", name);
    assert.ok(help.endsWith(".") && samples.size > 0, name);
    // Base units only.
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|mb)\b/);
  }
});

Deno.test("Prometheus's own client reads in the metrics what stands in them", () => {
  const golden = JSON.parse(new TextDecoder().decode(readGolden("metrics.json"))) as {
    sha256: string;
    families: {
      name: string;
      type: string;
      help: string;
      samples: [string, Record<string, string>, number][];
    }[];
  };
  const text = exampleMetrics();
  const remake = "the golden is of another text: make it anew with scripts/goldens/make_metrics_goldens.py";
  assert.equal(createHash("sha256").update(text).digest("hex"), golden.sha256, remake);
  const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  // The client takes _total off a counter's name.
  const read = golden.families.map(({ name, type, help, samples }) => {
    const list = samples.map(([, labels, value]): [string, number] => {
      const texts = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
      return [texts.length > 0 ? `{${texts.join(",")}}` : "", value];
    });
    return [type === "counter" ? `${name}_total` : name, { type, help, samples: new Map(list) }] as const;
  });
  assert.deepEqual(parse(text), new Map(read));
});

Deno.test("metrics say what was done", () => {
  const families = parse(exampleMetrics());
  const expected: Record<string, number> = {
    wagon_steps_total: 30,
    wagon_generator_steps_total: 6,
    wagon_examples_total: 30 * 64,
    wagon_step: 30,
    wagon_target_steps: 1000,
    wagon_steps_per_second: 100,
    wagon_wasserstein_estimate: 0.5,
    wagon_critic_loss: -0.5,
    wagon_generator_loss: -0.25,
    wagon_workers: 2,
    wagon_waiting: 0,
    wagon_received_bytes_total: 3000,
    wagon_sent_bytes_total: 6000,
    wagon_faults_total: 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(valueOf(families, name), value, name);
  assert.equal(valueOf(families, "wagon_phase_seconds_total", '{phase="wait"}'), 0.15);
  const first = '{worker="1",name="w1",provider="cpu",device="2 cores"}';
  assert.equal(valueOf(families, "wagon_worker_shards_total", first), 60);
  assert.equal(valueOf(families, "wagon_worker_compute_seconds_total", first), 0.12);
  assert.equal(valueOf(families, "wagon_worker_silent_seconds", first), 1);
  const second = '{worker="2",name="quoted \\"name\\"\\\\",provider="cpu",device="2 cores"}';
  assert.equal(valueOf(families, "wagon_worker_sent_bytes_total", second), 2000);
});

Deno.test("what is not known or does not hold is left out of the metrics", () => {
  const run = { ...RUN_VIEW, estimates_distance: false };
  const families = parse(metricsText(momentOf(liveRun(0), { run, step: 700 })));
  for (const name of ["wagon_wasserstein_estimate", "wagon_critic_loss", "wagon_steps_per_second"]) {
    assert.equal(families.has(name), false, name);
  }
  // A resumed run stands where it went on from; what is counted begins anew.
  assert.deepEqual([valueOf(families, "wagon_step"), valueOf(families, "wagon_steps_total")], [700, 0]);
});

Deno.test("metrics say when the run waits", () => {
  const moment = momentOf(liveRun(3));
  const crew = { ...moment.crew, members: [] };
  assert.equal(valueOf(parse(metricsText({ ...moment, crew })), "wagon_waiting"), 1);
});
