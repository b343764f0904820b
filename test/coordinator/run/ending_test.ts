import assert from "node:assert/strict";
import { Interruption } from "../../../common/process/interrupt.ts";
import { describeEnding, type Ended } from "../../../coordinator/run/ending.ts";

function ending(changes: Partial<Ended["record"]>): Ended {
  const record: Ended["record"] = {
    type: "end",
    reason: "interrupted",
    detail: "",
    step: 13_517,
    generator_steps: 2_703,
    weights_sha256: "abc",
    bits: "exact",
    numeric_classes: ["c1"],
    examples_used: 865_088,
    seconds: 40,
    images_per_second: 14_945.4,
    ...changes,
  };
  const verdict = {
    ...{ state: "worsening", label: "Getting worse", tone: "bad" } as const,
    sentence: "the distance rose",
    advice: "Lower --lr",
  };
  const diagnosis = { findings: [], verdict, published: null };
  return {
    record,
    folder: "no/such/folder",
    example_shape: [28, 28],
    learns_on: true,
    diagnosis,
    error: null,
  };
}

/** The words of a finding. */
const SAID = { seen: "", cause: "", change: "", first_step: 1, last_step: 2, numbers: {} };

const CTRL_C = AbortSignal.abort(new Interruption("SIGINT"));

Deno.test("the last words tell the speed, but not of a run that did no step", () => {
  const head = (changes: Partial<Ended["record"]>) =>
    describeEnding(ending(changes), "train", CTRL_C).lines[0];
  assert.equal(head({}), "Stopped and saved at step 13,517 after 40s (14,945 images/s)");
  assert.equal(head({ images_per_second: 0 }), "Stopped and saved at step 13,517 after 40s");
  assert.equal(head({ reason: "finished" }), "Finished at step 13,517 after 40s (14,945 images/s)");
});

Deno.test("what is to be tried next, and the exit code", () => {
  const interrupted = describeEnding(ending({}), "coordinator", CTRL_C);
  assert.deepEqual([interrupted.exit_code, interrupted.commands], [130, [
    "deno task inspect no/such/folder",
    "deno task coordinator --resume no/such/folder",
  ]]);
  const finished = describeEnding(ending({ reason: "finished" }), "train", CTRL_C);
  assert.deepEqual([finished.exit_code, finished.commands], [0, [
    "deno task inspect no/such/folder",
    "deno task report no/such/folder",
    "deno task sample no/such/folder --grid samples.png",
    "deno task page no/such/folder --single page.html",
    "deno task train --resume no/such/folder --steps 27034",
  ]]);
});

Deno.test("a page is named where one can be made: of images and of points, not of tables", () => {
  const page = (example_shape: number[]) => {
    const { commands } = describeEnding(
      { ...ending({ reason: "finished" }), example_shape },
      "train",
      CTRL_C,
    );
    return commands.some((command) => command.startsWith("deno task page"));
  };
  assert.deepEqual([[16, 16], [32, 32, 3], [2], [5], [1]].map(page), [true, true, true, false, false]);
});

Deno.test("whoever manages processes asks one to leave, and it is no failure if it does", () => {
  for (const by of ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
    const stop = AbortSignal.abort(new Interruption(by));
    assert.equal(describeEnding(ending({}), "train", stop).exit_code, 0, by);
  }
});

Deno.test("the verdict and what to do come before the hash, what is known of the hash after it", () => {
  const { lines } = describeEnding(ending({ reason: "finished" }), "train", CTRL_C);
  assert.deepEqual(lines.slice(1, 4), [
    "Getting worse: the distance rose",
    "What to do: Lower --lr",
    "Weights SHA-256 abc (exact)",
  ]);
  const given = ending({ reason: "finished" });
  const verdict = { ...given.diagnosis.verdict, advice: null };
  const diagnosis = { ...given.diagnosis, verdict, published: "The same bits as published" };
  assert.deepEqual(describeEnding({ ...given, diagnosis }, "train", CTRL_C).lines.slice(1, 4), [
    "Getting worse: the distance rose",
    "Weights SHA-256 abc (exact)",
    "The same bits as published",
  ]);
});

Deno.test("the hash of an averaged generator follows that of the weights", () => {
  const given = ending({ reason: "finished" });
  const { lines } = describeEnding(
    { ...given, record: { ...given.record, averaged_sha256: "def" } },
    "train",
    CTRL_C,
  );
  assert.deepEqual(lines.slice(3, 5), ["Weights SHA-256 abc (exact)", "Averaged generator SHA-256 def"]);
});

Deno.test("a run whose learning rate is far too high is not to be trained on", () => {
  const given = ending({ reason: "finished" });
  const resumes = (grade: "fault" | "note") => {
    const finding = { ...{ code: "learning-rate-too-high", spoils: "critic", grade } as const, ...SAID };
    const diagnosis = { ...given.diagnosis, findings: [finding] };
    return describeEnding({ ...given, diagnosis }, "train", CTRL_C).commands.some((line) =>
      /--resume/.test(line)
    );
  };
  assert.deepEqual([resumes("note"), resumes("fault")], [true, false]);
});
