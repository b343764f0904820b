/**
 * Every graph on every provider that this machine has, no node on the processor, against the processor.
 *
 * One file, so that no two run side by side: SwiftShader's threads spin, and two of it on two cores take ten times as
 * long. Its place in the order of files is before that of many which take one core each, not the last.
 *
 * WebGPU without a GPU: SwiftShader, which Debian's package chromium brings, with libvulkan1. Where a provider is
 * missing its tests count as ignored; WAGON_REQUIRE_WEBGPU=1 makes the lack of WebGPU a failure.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ProviderName } from "../../worker/runtime/device.ts";
import { candidates } from "../../worker/devices/providers.ts";
import { ASKED, type Asked, type Finding, type Names } from "./provider_process.ts";
import { lockedBy } from "../../tasks/task_command.ts";

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const MAX_CRASHES = 3;

/** Largest error against the processor. Measured on SwiftShader: 3.3e-6, 1.9e-6, 2.2e-6, 3.5e-7, 3.3e-7. */
const TOLERANCES: Readonly<Record<Asked, number>> = {
  artifacts: 2e-5,
  rules: 1e-5,
  expansions: 1e-5,
  operators: 3e-6,
  engine: 3e-6,
};
/**
 * Gradients through the normalisation of two examples cancel: the processor itself is up to 6.2e-5 from float64.
 * Measured on SwiftShader: 3.0e-4.
 */
const CANCELLING = { graph: "generator_training_model", tolerance: 1e-3 };
/** Vulkan asks for no more of sin and cos than an absolute error of 2^-11. Measured on SwiftShader: 2.1e-4. */
const TRIGONOMETRY = { ops: ["Sin", "Cos"], tolerance: 2e-3 };

/** Problems that a provider has to refuse, by their names, and why. */
const REFUSED: Readonly<Partial<Record<ProviderName, Readonly<Record<string, string>>>>> = {
  webgpu: {
    "Cast 1 first": "float64",
    "Cast 1 second": "float64",
    "Cast 3": "float64",
    ...Object.fromEntries(["Add 3", "Sub 3", "Mul 3", "Div 3", "Pow 2"].map((name) => [name, "int64"])),
    ...Object.fromEntries(
      ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"].map((op) => [`${op} 4`, "int64"]),
    ),
    "ConvTranspose 21": "three spatial axes",
    "Dropout 2": "whether it drops is an input",
  },
};

type Env = Readonly<Record<string, string>>;

function start(env: Env, ...args: string[]): Promise<Deno.CommandOutput> {
  const script = fileURLToPath(new URL("provider_process.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...lockedBy(), "--allow-all", script, ...args],
    env: { NVIDIA_TF32_OVERRIDE: "0", ...env },
    stdout: "piped",
    stderr: "piped",
  }).output();
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();

/** A provider with the environment that it works in, or the reason why there is none. */
interface Found {
  readonly provider: ProviderName;
  readonly env: Env;
  readonly missing: string | null;
}

async function find(provider: ProviderName): Promise<Found> {
  const software = provider === "webgpu" && existsSync(SWIFTSHADER) ? [{ VK_DRIVER_FILES: SWIFTSHADER }] : [];
  let missing = "";
  for (const env of [{}, ...software]) {
    const { code, stderr } = await start(env, provider, "probe");
    if (code === 0) return { provider, env, missing: null };
    missing = textOf(stderr).split("\n").at(-1) || `its process ended with ${code}`;
  }
  return { provider, env: {}, missing };
}

/**
 * What is found of all problems, in one process: what a driver has compiled for one group serves the next. A problem that
 * ends its process has failed, and the next are started anew.
 */
async function findings({ provider, env }: Found): Promise<readonly Finding[]> {
  const all: Finding[] = [];
  for (let crashes = 0;; crashes++) {
    assert.ok(
      crashes <= MAX_CRASHES,
      `too many crashes: ${JSON.stringify(all.filter((one) => one.failure))}`,
    );
    const { code, stdout, stderr } = await start(env, provider, `${all.length}`);
    const [first, ...found] = textOf(stdout).split("\n");
    assert.ok(first, `the process must say what its problems are, ended with ${code}: ${textOf(stderr)}`);
    const names = Object.entries(JSON.parse(first) as Names).flatMap(([group, names]) =>
      names.map((name) => ({ group: group as Asked, name }))
    );
    for (const line of found) all.push(JSON.parse(line));
    if (all.length === names.length) return all;
    all.push({ ...names[all.length]!, failure: `its process ended with ${code}` });
  }
}

function toleranceOf(group: Asked, name: string): number {
  if (group === "artifacts") {
    return name.endsWith(CANCELLING.graph) ? CANCELLING.tolerance : TOLERANCES.artifacts;
  }
  return TRIGONOMETRY.ops.includes(name.split(" ")[0]!) ? TRIGONOMETRY.tolerance : TOLERANCES[group];
}

/** Faults of a provider, in words, and the problems that it refused as it has to. */
function judge(all: readonly Finding[], group: Asked, expected: Readonly<Record<string, string>>) {
  const faults: string[] = [], refused: string[] = [];
  for (const { name, error = Infinity, failure } of all) {
    if (failure !== undefined && name in expected) refused.push(name);
    else if (failure !== undefined) faults.push(`${name}: ${failure}`);
    else if (!(error <= toleranceOf(group, name))) faults.push(`${name} is off by ${error}`);
  }
  return { faults, refused };
}

const isRequired = (provider: ProviderName) =>
  provider === "webgpu" && Deno.env.get("WAGON_REQUIRE_WEBGPU") === "1";

for (const found of await Promise.all(candidates(Deno.build.os).map(find))) {
  const { provider, missing } = found;
  let asked: ReturnType<typeof findings> | null = null;
  for (const group of ASKED) {
    Deno.test({
      name: `${provider}: all ${group} run without the processor, to the same numbers`,
      ignore: missing !== null && !isRequired(provider),
      async fn() {
        assert.equal(missing, null, `${provider} must be there`);
        const expected = REFUSED[provider] ?? {};
        const all = (await (asked ??= findings(found))).filter((one) => one.group === group);
        const { faults, refused } = judge(all, group, expected);
        assert.deepEqual(faults, []);
        const names = new Set(all.map(({ name }) => name));
        assert.deepEqual(refused.toSorted(), Object.keys(expected).filter((name) => names.has(name)).sort());
      },
    });
  }
}
