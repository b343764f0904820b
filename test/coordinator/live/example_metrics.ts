/** The metrics of a made-up run, for other people's readers: `deno run` prints them. */
import { metricsText } from "../../../coordinator/live/metrics.ts";
import { liveRun, momentOf } from "./scene.ts";

export function exampleMetrics(): string {
  return metricsText(momentOf(liveRun(30)));
}

if (import.meta.main) await Deno.stdout.write(new TextEncoder().encode(exampleMetrics()));
