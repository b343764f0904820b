/** A graph compiled for a device, the fastest way there is. */
import type { Device } from "./device.ts";
import { NativeRuntime } from "./native_session.ts";
import { openNodeSession } from "./node_session.ts";
import type { Session } from "./runtime.ts";

const NATIVE = NativeRuntime.open();

export type OpenSession = (bytes: Uint8Array, device: Device) => Promise<Session>;

/** Compiles a graph, the fastest way there is on the device. Throws what ONNX Runtime throws. */
export const openSession: OpenSession = async (bytes, device) => {
  const is_native = device.provider === "cpu" || device.provider === "cuda";
  if (is_native && NATIVE !== null) return NATIVE.openSession(bytes, device);
  return await openNodeSession(bytes, device);
};
