import assert from "node:assert/strict";
import { exitCodeOf, Interruption } from "../../../common/process/interrupt.ts";
import { canSeal, SEALING_FLAGS } from "../../../common/process/launched.ts";

const MODULE = new URL("../../../common/process/interrupt.ts", import.meta.url).href;
/** Signals as Unix has them. */
const ignore = Deno.build.os === "windows";

/** A process that listens to signals and does nothing else; its clock goes on by `tick_ms` with each look. */
async function listening(body: string, flags: readonly string[] = []) {
  const script = `import { endAtDebugSignal, interruptSignal } from ${JSON.stringify(MODULE)};
    ${body}
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      ...flags,
      "--no-config",
      "--no-lock",
      "--allow-env",
      "data:text/typescript," + encodeURIComponent(script),
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const said = async (word: string) => {
    while (!text.includes(word)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`It must say ${word}, found ${text}`);
      text += value;
    }
  };
  await said("ready");
  const end = async () => {
    await reader.cancel();
    const { code, signal } = await process.status;
    return signal ?? code;
  };
  const kill = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  return { process, said, end, [Symbol.dispose]: kill };
}

/** True if another program has the port of the inspector. */
function isTaken(): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port: 9229 }).close();
    return false;
  } catch {
    return true;
  }
}

/** True if V8's inspector of this process answers whoever looks. */
async function inspects(pid: number): Promise<boolean> {
  const answer = await fetch("http://127.0.0.1:9229/json").then((found) => found.text(), () => "");
  return answer.includes(`[pid: ${pid}]`);
}

/** How often the inspector of a process answers after SIGUSR1, whatever it does about it: `body` and `flags`. */
async function answersOf(body: string, flags: readonly string[] = []): Promise<number> {
  using it = await listening(body, flags);
  // Deno begins to listen some time after the start: by the younger one we know when.
  using younger = await listening('Deno.addSignalListener("SIGUSR1", () => {});');
  do younger.process.kill("SIGUSR1"); while (!await inspects(younger.process.pid));
  younger.process.kill("SIGKILL");
  await younger.end();
  let answers = 0;
  for (let round = 0; round < 5; round++) {
    it.process.kill("SIGUSR1");
    for (let look = 0; look < 50; look++) answers += Number(await inspects(it.process.pid));
  }
  it.process.kill("SIGKILL");
  assert.equal(await it.end(), "SIGKILL");
  return answers;
}

Deno.test({
  name: "where the inspector is sealed no signal opens it",
  ignore: Deno.build.os !== "linux" || isTaken(),
  fn: async () => {
    assert.ok(await canSeal(), "Linux has a place that nobody can connect to");
    assert.equal(await answersOf('Deno.addSignalListener("SIGUSR1", () => {});', SEALING_FLAGS), 0);
  },
});

Deno.test({
  name: "where the inspector is not sealed it is closed before it answers, as often as it is asked for",
  ignore: ignore || isTaken(),
  fn: async () => {
    assert.equal(await answersOf("interruptSignal(() => {}, false, () => 0);"), 0);
  },
});

Deno.test({
  name: "the first signal asks, a later one ends the process as the shell expects of it",
  ignore,
  fn: async () => {
    const codes = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]] as const;
    for (const [signal, code] of codes) {
      using it = await listening(`let now_ms = 0;
        interruptSignal(() => console.log("asked"), false, () => now_ms += 1000);`);
      it.process.kill("SIGUSR2");
      await it.said("asked");
      it.process.kill(signal);
      assert.equal(await it.end(), code, signal);
    }
  },
});

Deno.test({
  name: "one signal that arrives twice is one; what is sent to a group is left to who started it",
  ignore,
  fn: async () => {
    using it = await listening(`let count = 0;
      const { signal } = interruptSignal(() => {}, true, () => 0);
      signal.addEventListener("abort", () => console.log("asked by " + signal.reason.by));
      for (const name of ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTERM"]) {
        Deno.addSignalListener(name, () => console.log("heard " + ++count));
      }`);
    const group = ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
    for (const [i, signal] of group.entries()) {
      it.process.kill(signal);
      await it.said(`heard ${i + 1}`);
    }
    for (const heard of [6, 7]) {
      it.process.kill("SIGTERM");
      await it.said(`heard ${heard}`);
    }
    await it.said("asked by SIGTERM");
    it.process.kill("SIGKILL");
    assert.equal(await it.end(), "SIGKILL");
  },
});

Deno.test({
  name: "a command that has no use for SIGUSR1 ends at it",
  ignore,
  fn: async () => {
    using it = await listening("endAtDebugSignal();");
    it.process.kill("SIGUSR1");
    assert.equal(await it.end(), Deno.build.os === "darwin" ? 158 : 138);
  },
});

Deno.test("exit codes of who was asked to leave", () => {
  const codes = (["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const).map((by) =>
    exitCodeOf(AbortSignal.abort(new Interruption(by)))
  );
  assert.deepEqual(codes, [130, 0, 0, 0]);
});
