import assert from "node:assert/strict";
import { joinAddress } from "../../../coordinator/live/page/join_address.ts";

Deno.test("a worker elsewhere is sent where the page is, but never to its own loopback", () => {
  const from = (url: string, reached: string | null, scheme: "ws" | "wss" = "ws") =>
    joinAddress(new URL(url), { reached, scheme, port: 7700 });
  for (const here of ["127.0.0.1", "localhost", "[::1]"]) {
    assert.equal(from(`http://${here}:7700/`, "192.168.1.20"), "ws://192.168.1.20:7700");
    assert.equal(from(`http://${here}:7700/`, null), `ws://${here}:7700`);
  }
  assert.equal(from("http://10.8.0.2:7700/", "192.168.1.20"), "ws://10.8.0.2:7700");
  assert.equal(from("https://wagon.example.org/", null), "wss://wagon.example.org");
  assert.equal(from("https://127.0.0.1:7700/", "gpu-box", "wss"), "wss://gpu-box:7700");
});
