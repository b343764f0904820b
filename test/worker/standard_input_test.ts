import assert from "node:assert/strict";
import { StandardInput } from "../../worker/standard_input.ts";
import { FakeClock, settled } from "../wire/fake_clock.ts";

function input(...parts: readonly string[]) {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const writer = writable.getWriter();
  const write = (text: string) => void writer.write(new TextEncoder().encode(text));
  parts.forEach(write);
  const clock = new FakeClock();
  return { read: new StandardInput(readable, clock), clock, write, close: () => writer.close() };
}

Deno.test("the first line is the token, in whatever pieces it comes, and the end comes later", async () => {
  const { read, clock, write, close } = input("a to", "ken\nmore\n");
  assert.equal(await read.firstLine(), "a token");
  assert.equal(clock.num_timers, 0);
  let ended = false;
  void read.ended.then(() => ended = true);
  write("and more");
  await settled();
  assert.equal(ended, false);
  await close();
  await read.ended;
  assert.equal(await read.firstLine(), "a token");
});

Deno.test("a line that ends with the input is one, too", async () => {
  const { read, close } = input("token");
  await close();
  assert.equal(await read.firstLine(), "token");
});

Deno.test("a token that does not come is not waited for without limit", async () => {
  const { read, clock } = input("no end of");
  const refused = assert.rejects(read.firstLine(), {
    name: "UserError",
    message:
      "Cannot read the token from standard input: a line is required within 10 s, found none; write it there, or " +
      "give --token-file FILE",
  });
  await clock.advance(10_000);
  await refused;
});
