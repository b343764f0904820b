import assert from "node:assert/strict";
import { UserError } from "../../common/errors.ts";
import { parseLink, parseTime } from "../../common/link.ts";

Deno.test("a link is read from its rates, its round trip and its jitter", () => {
  assert.deepEqual(parseLink("100mbit"), {
    name: "100mbit",
    down_bps: 1e8,
    up_bps: 1e8,
    rtt_ms: 0,
    jitter_ms: 0,
  });
  const { name: _, ...link } = parseLink("1.5gbit:512kbit/40ms/2.5ms");
  assert.deepEqual(link, { down_bps: 1.5e9, up_bps: 512e3, rtt_ms: 40, jitter_ms: 2.5 });
});

Deno.test("what is no link is refused in one line that names the form", () => {
  for (
    const text of [
      "",
      "100",
      "0mbit",
      "5mbit:0kbit",
      "-1mbit",
      "1mbit/40",
      "1mbit/40ms/",
      "1mbit/1ms/1ms/1ms",
    ]
  ) {
    assert.throws(() => parseLink(text), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^Option --links must be DOWN\[:UP\]/);
      assert.ok(error.message.endsWith(`found ${JSON.stringify(text)}`) && !error.message.includes("\n"));
      return true;
    });
  }
});

Deno.test("a time is read from its milliseconds; another form is refused in one line", () => {
  assert.deepEqual(["20ms", "0.5ms"].map((text) => parseTime(text, "Option --rtt")), [20, 0.5]);
  for (const text of ["20", "20s", "-1ms", "ms"]) {
    assert.throws(() => parseTime(text, "Option --rtt"), {
      name: "UserError",
      message: `Option --rtt must be a time in milliseconds, e.g. 20ms: found ${JSON.stringify(text)}`,
    });
  }
});
