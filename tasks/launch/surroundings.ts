/** Facts about this machine and this process that rights depend on. */
import { hostname } from "node:os";
import type { Surroundings } from "./rights.ts";

export function surroundings(): Surroundings {
  return {
    cwd: Deno.cwd(),
    os: Deno.build.os,
    env: (name) => Deno.env.get(name),
    temporary: temporaryFolder((name) => Deno.env.get(name), Deno.build.os),
    deno: Deno.execPath(),
    ownHosts: ownHosts,
  };
}

/** The folder in which Deno creates temporary folders: it reads fewer variables than Node's tmpdir. */
function temporaryFolder(env: Surroundings["env"], os: string): string {
  if (os === "windows") return env("TMP") || env("TEMP") || "C:\\Windows\\Temp";
  return env("TMPDIR") || "/tmp";
}

/** Needs the right to look at the interfaces of the network (--allow-sys). */
function ownHosts(): string[] {
  const addresses = Deno.networkInterfaces().map(({ address, family }) =>
    family === "IPv6" ? `[${address}]` : address
  );
  return [...new Set(["127.0.0.1", "[::1]", "localhost", hostname(), ...addresses])];
}
