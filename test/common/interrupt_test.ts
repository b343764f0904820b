import assert from "node:assert/strict";
import { exitCodeOf, Interruption } from "../../common/interrupt.ts";

const MODULE = new URL("../../common/interrupt.ts", import.meta.url).href;
/** Signals as Unix has them. */
const ignore = Deno.build.os === "windows";

/** A process that listens to signals and does nothing else; its clock goes on by `tick_ms` with each look. */
async function listening(body: string) {
  const script = `import { endAtDebugSignal, interruptSignal } from ${JSON.stringify(MODULE)};
    ${body}
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
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
  return { process, said, end };
}

Deno.test({
  name: "the first signal asks, a later one ends the process as the shell expects of it",
  ignore,
  fn: async () => {
    const codes = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]] as const;
    for (const [signal, code] of codes) {
      const it = await listening(`let now_ms = 0;
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
    const it = await listening(`let count = 0;
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
    const it = await listening("endAtDebugSignal();");
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
