import assert from "node:assert/strict";
import { lastingScreen } from "../../../common/terminal/lasting_screen.ts";

const decoder = new TextDecoder();

/** A stream that writes as `write` does. */
function stream(write: (bytes: Uint8Array) => Promise<number>) {
  return { isTerminal: () => false, write };
}

Deno.test("texts are written whole and in order, whatever a stream takes at a time", async () => {
  let written = "";
  const screen = lastingScreen(stream((bytes) => {
    written += decoder.decode(bytes.subarray(0, 3));
    return Promise.resolve(Math.min(3, bytes.length));
  }));
  for (const text of ["one\n", "two\n", "three\n"]) screen.write(text);
  await screen.drained();
  assert.equal(written, "one\ntwo\nthree\n");
});

Deno.test("a stream that fails is told of once, never thrown, and tried again", async () => {
  let written = "";
  let full = true;
  const screen = lastingScreen(stream((bytes) => {
    if (full) return Promise.reject(new Error("No space left on device"));
    written += decoder.decode(bytes);
    return Promise.resolve(bytes.length);
  }));
  for (const text of ["one\n", "two\n"]) {
    screen.write(text);
    await screen.drained();
  }
  assert.equal(await screen.lost, "No space left on device");
  full = false;
  screen.write("three\n");
  await screen.drained();
  assert.equal(written, "three\n");
});

Deno.test("a reader that does not read holds up nobody, and little is kept for it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let written = 0;
  const screen = lastingScreen(
    stream(async (bytes) => {
      await promise;
      written += bytes.length;
      return bytes.length;
    }),
    0,
  );
  for (let i = 0; i < 10_000; i++) screen.write("x".repeat(1000));
  assert.equal(await screen.lost, "its reader has stopped reading");
  await screen.drained();
  assert.equal(written, 0);
  resolve();
  screen.write("");
  await lastingDrained(screen);
  assert.ok(written > 100_000 && written < 1_000_000, `${written} characters were kept`);
});

/** Waits for what is under way: the limit of that screen is no time at all. */
async function lastingDrained(screen: ReturnType<typeof lastingScreen>): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await screen.drained();
}

Deno.test("a stream that somebody has set not to block is asked again", async () => {
  let asked = 0;
  const screen = lastingScreen(stream((bytes) => {
    if (++asked < 3) return Promise.reject(new Deno.errors.WouldBlock("Resource temporarily unavailable"));
    return Promise.resolve(bytes.length);
  }));
  screen.write("text\n");
  await screen.drained();
  assert.equal(asked, 3);
});
