/**
 * Bundles coordinator/live/page/ into the one file that the coordinator serves, coordinator/live/page.html. With
 * --check it writes nothing, and fails if the committed file is not that build.
 */
import { fileURLToPath } from "node:url";
import { runMain } from "../common/cli/cli.ts";
import { complainOf, isCheckOnly } from "./gate/check_command.ts";
import { lockedBy } from "../tasks/task_command.ts";
import UPLOT_STYLE from "uplot/dist/uPlot.min.css" with { type: "text" };

const PAGE = new URL("../coordinator/live/page/", import.meta.url);
const OUTPUT = new URL("../coordinator/live/page.html", import.meta.url);

async function bundle(entry: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", ...lockedBy(), "--platform", "browser", "--minify", fileURLToPath(entry)],
  }).output();
  if (!success) throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

/** The page as one file. */
export async function buildPage(): Promise<string> {
  const read = (name: string) => Deno.readTextFile(new URL(name, PAGE));
  const script = (await bundle(new URL("main.ts", PAGE))).replaceAll("</script", "<\\/script");
  const style = `${UPLOT_STYLE.trim()}\n${await read("style.css")}`.replaceAll("</style", "<\\/style");
  const page = await read("index.html");
  return page.replace("/*STYLE*/", () => style).replace("/*SCRIPT*/", () => script);
}

async function main(args: readonly string[]): Promise<number> {
  const about =
    "Bundles coordinator/live/page into coordinator/live/page.html, which the coordinator serves.";
  const check = isCheckOnly("live-page", about, args);
  const built = await buildPage();
  if (!check) {
    await Deno.writeTextFile(OUTPUT, built);
    return 0;
  }
  const fault =
    "coordinator/live/page.html is not the build of coordinator/live/page: run deno task live-page";
  return complainOf(await Deno.readTextFile(OUTPUT).catch(() => "") === built ? [] : [fault]);
}

if (import.meta.main) await runMain(main);
