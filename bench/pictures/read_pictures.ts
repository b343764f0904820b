/**
 * Reads a folder of pictures with the reader of a checkout, as `--image-size 32` does, and prints what it took as JSON.
 * A process of its own, started with that checkout's configuration: deno run --config CHECKOUT/deno.json ...
 */
import { pathToFileURL } from "node:url";
import { memoryPeak } from "./memory_peak.ts";

const [checkout, folder] = Deno.args as [string, string];
const { loadData } = await import(`${pathToFileURL(checkout)}/coordinator/data/load.ts`);
const begin_ms = performance.now();
const data = await loadData(folder, { image_size: 32, channels: 3 });
const wall_ms = performance.now() - begin_ms;
console.log(JSON.stringify({ wall_ms, peak_bytes: await memoryPeak(), num_examples: data.num_examples }));
// Threads of the reader may go on.
Deno.exit(0);
