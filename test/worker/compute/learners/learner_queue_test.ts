import assert from "node:assert/strict";
import type { InnerStep } from "../../../../algorithm/local_steps.ts";
import type { CallName, Calls } from "../../../../worker/compute/compute_calls.ts";
import { LearnerQueue, type LearnerRound } from "../../../../worker/compute/learners/learner_queue.ts";
import { settled } from "../../../wire/fake_clock.ts";

/** A thread that notes its calls and answers them when told to. */
class ScriptedClient {
  readonly calls: string[] = [];
  #answer: ((error: Error | null) => void) | null = null;

  call<K extends CallName>(name: K, takes: Calls[K]["takes"]): Promise<Calls[K]["gives"]> {
    const step = name === "step_learner" ? ` ${(takes as Calls["step_learner"]["takes"]).inner.step}` : "";
    const node = name === "begin_learner" ? ` ${(takes as Calls["begin_learner"]["takes"]).node.begin}` : "";
    this.calls.push(`${name}${step}${node}`);
    const gives = name === "step_learner" ? 5 : name === "end_learner" ? Float32Array.of(1) : null;
    return new Promise((resolve, reject) => {
      this.#answer = (error) => error ? reject(error) : resolve(gives as Calls[K]["gives"]);
    });
  }

  /** Answers until nothing is open. */
  async answerAll(error: Error | null = null): Promise<void> {
    for (await settled(); this.#answer !== null; await settled()) {
      const answer = this.#answer;
      this.#answer = null;
      answer(error);
    }
  }

  async answer(): Promise<void> {
    await settled();
    const answer = this.#answer!;
    this.#answer = null;
    answer(null);
    await settled();
  }
}

const step = (number: number) => ({ step: number }) as InnerStep;

function roundOf(begin: number, isWanted = () => true): LearnerRound {
  const states = { critic: Float32Array.of(1), generator: Float32Array.of(2) };
  const node = { begin, end: begin + 1 };
  return { node, states, steps: [step(7), step(8)], leavesAt: () => [], isWanted };
}

Deno.test("a thread trains one learner at a time, the one with the fewest takes the next", async () => {
  const [first, second] = [new ScriptedClient(), new ScriptedClient()];
  const queue = new LearnerQueue([first, second]);
  const learned = [0, 1, 2].map((begin) => queue.run(roundOf(begin)));
  await settled();
  assert.deepEqual([first.calls, second.calls], [["begin_learner 0"], ["begin_learner 1"]]);
  await first.answerAll();
  const whole = ["step_learner 7", "step_learner 8", "end_learner"];
  assert.deepEqual(first.calls, ["begin_learner 0", ...whole, "begin_learner 2", ...whole]);
  assert.deepEqual(second.calls, ["begin_learner 1"]);
  await second.answerAll();
  assert.deepEqual(
    await Promise.all(learned),
    learned.map(() => ({ result: Float32Array.of(1), compute_ms: 10 })),
  );
});

Deno.test("a round that nobody wants any more ends between two steps, and does not begin", async () => {
  const client = new ScriptedClient(), queue = new LearnerQueue([client]);
  let is_wanted = true;
  const learned = [queue.run(roundOf(0, () => is_wanted)), queue.run(roundOf(1, () => is_wanted))];
  await client.answer();
  is_wanted = false;
  await client.answerAll();
  assert.deepEqual(client.calls, ["begin_learner 0", "step_learner 7"]);
  assert.deepEqual(await Promise.all(learned), [null, null]);
});

Deno.test("a round that fails does not keep the next one from its thread", async () => {
  const client = new ScriptedClient(), queue = new LearnerQueue([client]);
  const failed = [0, 1].map((begin) => assert.rejects(queue.run(roundOf(begin)), /^Error: no memory$/));
  await client.answerAll(new Error("no memory"));
  await Promise.all(failed);
  assert.deepEqual(client.calls, ["begin_learner 0", "begin_learner 1"]);
});
