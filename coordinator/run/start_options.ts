/** What the command lines of `train` and `coordinator` say alike of a run. */
import type { Given, Values } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { ownCache } from "../data/cache/own_cache.ts";
import { givenConfig } from "../config/given_config.ts";
import type { PLACE_OPTIONS } from "../config/options/options.ts";
import type { RUN_OPTIONS } from "../config/options/run_options.ts";
import { sinksFor, type SinksOutside } from "./records/open_sinks.ts";
import { decideStart } from "./run_folder.ts";

/** Throws {@linkcode UserError} for what cannot be read, or written to. */
export async function startOptions(
  values: Values<typeof PLACE_OPTIONS>,
  given: Given<typeof RUN_OPTIONS> & { readonly config?: string },
  outside: SinksOutside & { readonly env: (name: string) => string | undefined },
) {
  const { note, readable, amend } = values;
  const { out = null, resume = null, name } = await decideStart(values);
  if (amend && resume === null && !values.auto_resume) {
    throw new UserError("Option --amend needs --resume RUN, the run whose settings it changes: found none");
  }
  return {
    given: givenConfig(given),
    out,
    resume,
    amend,
    name,
    note,
    readable,
    give_up_after_s: values.give_up_after ?? null,
    picture_cache: values.cache ? ownCache(outside.env) : null,
    sinks: await sinksFor({ ...values, log_token: outside.env("WAGON_LOG_TOKEN") }, outside),
  };
}
