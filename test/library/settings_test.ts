import assert from "node:assert/strict";
import { WAGON_VERSION } from "../../common/version.ts";
import type { RUN_OPTIONS } from "../../coordinator/config/options/run_options.ts";
import type { NamedSettings } from "../../library/settings.ts";
import { presets } from "../../library/presets.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import type { MessageOf, MESSAGES, MessageType } from "../../wire/messages.ts";
import type { Infer } from "../../wire/schema.ts";
import type { RecordOf, RECORDS, RecordType } from "../../runlog/records.ts";
import type { Guarded } from "../../runlog/shape.ts";

/** Types that each other's values fit; a compile error otherwise. */
type Same<A, B> = [A, B] extends [B, A]
  ? [Required<A>, Required<B>] extends [Required<B>, Required<A>] ? true : false
  : false;

Deno.test("settings, messages and records are written out as their tables have them", () => {
  // Checked by the compiler: deno task check:types.
  const settings: Same<keyof NamedSettings, keyof typeof RUN_OPTIONS> = true;
  const messages: { [T in MessageType]: Same<MessageOf<T>, Infer<typeof MESSAGES[T]>> }[MessageType] = true;
  const records: { [T in RecordType]: Same<RecordOf<T>, Guarded<typeof RECORDS[T]>> }[RecordType] = true;
  assert.deepEqual([settings, messages, records], [true, true, true]);
});

Deno.test("the package has the version that the code says", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.deepEqual([config.version, config.license], [WAGON_VERSION, "MIT"]);
});

Deno.test("presets are those of the command line", () => {
  assert.deepEqual(Object.keys(presets), Object.keys(PRESETS));
  assert.deepEqual([presets["wgan-gp"]!.penalty, presets.wgan!.clip], [10, 0.01]);
});
