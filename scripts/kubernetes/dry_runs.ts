/** Every manifest of deploy/kubernetes, sent to a real API server that checks it as if it were applied. */
import { join } from "node:path";
import type { ControlPlane } from "./control_plane.ts";

/** What is applied, and whether it needs definitions of custom resources. */
const ENTRIES = [
  { name: "overlays/cpu", custom: false },
  { name: "overlays/nvidia", custom: false },
  { name: "overlays/spot", custom: false },
  { name: "jobset", custom: true },
  { name: "kubeflow", custom: true },
] as const;

/** Prints a line for each folder; false where the server refuses one. */
export async function checkManifests(
  plane: ControlPlane,
  folder: string,
  crds: readonly string[],
): Promise<boolean> {
  for (const file of crds) {
    await plane.must("create", "--filename", file);
    await plane.must("wait", "--for=condition=Established", "--timeout=60s", "--filename", file);
  }
  let good = true;
  for (const { name, custom } of ENTRIES) {
    if (custom && crds.length === 0) {
      console.log(`${name}: not sent, as there are no definitions (--crds)`);
      continue;
    }
    const said = await plane.kubectl([
      "apply",
      "--dry-run=server",
      "--validate=strict",
      "-k",
      join(folder, name),
    ]);
    const warnings = said.stderr.trim();
    const objects = said.stdout.trim().split("\n").length;
    console.log(
      said.code === 0 ? `${name}: ${objects} objects accepted` : `${name}: refused\n${said.stdout}`,
    );
    if (warnings !== "") console.log(warnings);
    good &&= said.code === 0 && warnings === "";
  }
  return good;
}
