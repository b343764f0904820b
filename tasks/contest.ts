/** The old name of `deno task compare-presets`. */
import { complain, runMain } from "../common/cli/cli.ts";
import { tellRenamed } from "../common/cli/renamed_options.ts";
import { comparePresets } from "./compare_presets.ts";

if (import.meta.main) {
  await runMain((args) => {
    complain(tellRenamed("deno task contest", "deno task compare-presets", "0.3.0"));
    return comparePresets(args);
  }, { own_signals: true });
}
