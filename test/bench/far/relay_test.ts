import assert from "node:assert/strict";
import { carry, openRelay } from "../../../bench/far/relay.ts";
import type { Ends } from "../../../bench/tcp_relay.ts";
import { Shaper } from "../../../bench/far/shaper.ts";
import { SYSTEM_CLOCK } from "../../../wire/clock.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";

/** 8 kB/ms. */
const DIRECTION = { rate_bps: 64e6, burst_bytes: 0, delay_ms: 20, jitter_ms: 0 };

/** An end that has `length` bytes to read, and notes when bytes are written. */
function scene(clock: FakeClock, length: number) {
  const source = Uint8Array.from({ length }, (_, i) => (i * 31) >> 3);
  const written: { at_ms: number; bytes: number[] }[] = [];
  let at = 0;
  const from: Ends = {
    read: (buffer) => {
      if (at === length) return Promise.resolve(null);
      const chunk = source.subarray(at, at + buffer.length);
      buffer.set(chunk);
      at += chunk.length;
      return Promise.resolve(chunk.length);
    },
    write: () => assert.fail("is only read"),
  };
  const to: Ends = {
    read: () => assert.fail("is only written"),
    write: (bytes) => {
      written.push({ at_ms: clock.now_ms(), bytes: [...bytes] });
      return Promise.resolve(bytes.length);
    },
  };
  return { source, from, to, written, taken: () => at };
}

Deno.test("the relay hands every byte on, in order, at the link's rate and delay", async () => {
  const clock = new FakeClock();
  const { source, from, to, written } = scene(clock, 160_000);
  const carried = carry(from, to, new Shaper(DIRECTION, () => 0), clock);
  await settled();
  await clock.advance(39);
  const half = written.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(half > 135_000 && half <= 152_000, `19 ms after the first byte, ${half} bytes are there`);
  await clock.advance(2);
  await carried;
  assert.deepEqual(Uint8Array.from(written.flatMap(({ bytes }) => bytes)), source);
  assert.ok(Math.abs(written.at(-1)!.at_ms - 40) < 1e-6, "20 ms of bytes, 20 ms of delay");
  assert.ok(written[0]!.at_ms < 23, "the first bytes are there while the last are read");
});

Deno.test("the relay takes no more from the sender than a short queue: a full link is felt", async () => {
  const clock = new FakeClock();
  const { from, to, taken } = scene(clock, 800_000);
  void carry(from, to, new Shaper(DIRECTION, () => 0), clock);
  await settled();
  await clock.advance(50);
  const most = 8_000 * (50 + 10) + (1 << 14);
  assert.ok(taken() >= 8_000 * 50 && taken() <= most, `${taken()} of at most ${most} bytes were read`);
  // What is left is never read: its timer goes with the clock.
});

Deno.test("both ways of a relay have a rate of their own, which all connections share", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echo = (async () => {
    for await (const connection of listener) {
      void connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  })();
  const link = { down_bps: 1e12, up_bps: 8e6, rtt_ms: 0, jitter_ms: 0 };
  const target = { hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port };
  {
    using relay = openRelay(link, { host: "127.0.0.1", target, clock: SYSTEM_CLOCK, random: Math.random });
    const begun_ms = performance.now();
    await Promise.all([1, 2].map(async (seed) => {
      const sent = Uint8Array.from({ length: 20_000 }, (_, i) => i * seed);
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(relay.url).port) });
      await connection.write(sent);
      const received: number[] = [];
      while (received.length < sent.length) {
        const chunk = new Uint8Array(4_096);
        received.push(...chunk.subarray(0, (await connection.read(chunk))!));
      }
      assert.deepEqual(Uint8Array.from(received), sent);
      connection.close();
    }));
    // 40,000 bytes up at 1,000 a millisecond; a busy machine takes longer, but never less.
    assert.ok(performance.now() - begun_ms >= 35);
  }
  listener.close();
  await echo;
});
