/** From what was asked for to the devices of a worker, one per compute thread. */
import { UserError } from "../common/errors.ts";
import { CPU, type Device } from "./runtime/device.ts";
import { inThread } from "./compute/thread_client.ts";
import {
  type Attempt,
  candidates,
  type Choice,
  chooseAllDevices,
  chooseDevice,
  describeChoice,
} from "./devices/providers.ts";
import type { Wanted } from "./worker_options.ts";

/** A benchmark in a thread of its own, which goes away with all that a provider has loaded in it. */
const benchmarkInThread: Attempt = (device) => inThread("benchmark", device);

const ADVICE = "for an NVIDIA GPU run: deno task setup-gpu";

/**
 * The devices to compute on; `threads` times the processor where there is no other. Says on `out` what was taken
 * and why.
 * @throws {UserError} where a GPU was required and none can be used.
 */
export async function findDevices(
  wanted: Wanted,
  threads: number,
  out: { line: (text: string) => void },
  attempt: Attempt = benchmarkInThread,
  os: string = Deno.build.os,
): Promise<Device[]> {
  const processor = Array.from({ length: threads }, () => CPU);
  if (wanted.kind === "cpu") return processor;
  const choices = wanted.kind === "all"
    ? await chooseAllDevices(candidates(os), attempt)
    : await chooseEach(wanted.indices, os, attempt);
  const missing = choices.find(({ device }) => device === null);
  if (missing !== undefined && wanted.required) {
    throw new UserError(`Cannot use a GPU: ${describeChoice(missing)}; ${ADVICE}`);
  }
  for (const choice of choices) {
    if (choice.device !== null) out.line(`Computing on ${describeChoice(choice)}`);
  }
  if (missing !== undefined) out.line(`Warning: ${describeChoice(missing)}; ${ADVICE}`);
  const devices = choices.map(({ device }) => device).filter((device) => device !== null);
  if (devices.length > 0) return devices;
  out.line("Computing on the CPU instead");
  return processor;
}

async function chooseEach(indices: readonly number[], os: string, attempt: Attempt): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const index of indices) choices.push(await chooseDevice(index, candidates(os), attempt));
  return choices;
}
