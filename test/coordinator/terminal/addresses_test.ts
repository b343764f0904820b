import assert from "node:assert/strict";
import { type Interface, reachedAt } from "../../../coordinator/terminal/addresses.ts";

const at = (name: string, address: string): Interface => ({
  name,
  address,
  family: address.includes(":") ? "IPv6" : "IPv4",
});
const MACHINE = [
  at("lo", "127.0.0.1"),
  at("lo", "::1"),
  at("docker0", "172.17.0.1"),
  at("wlan0", "169.254.3.4"),
  at("eth0", "fe80::5054:ff:fe12:3456"),
  at("eth0", "2001:db8::7"),
  at("eth0", "192.168.1.20"),
  at("tun0", "10.8.0.2"),
];

Deno.test("a coordinator for everybody is reached at the addresses of its networks, the likeliest first", () => {
  assert.deepEqual(reachedAt("0.0.0.0", () => MACHINE), ["192.168.1.20", "10.8.0.2", "172.17.0.1"]);
  assert.deepEqual(
    reachedAt("::", () => MACHINE),
    ["192.168.1.20", "10.8.0.2", "[2001:db8::7]", "172.17.0.1"],
  );
  assert.deepEqual(reachedAt("0.0.0.0", () => MACHINE.slice(0, 2)), []);
});

Deno.test("one that listens at an address or a name is reached there, and nothing is looked up", () => {
  const never = () => assert.fail("looked up");
  assert.deepEqual(reachedAt("10.8.0.2", never), ["10.8.0.2"]);
  assert.deepEqual(reachedAt("2001:db8::7", never), ["[2001:db8::7]"]);
  assert.deepEqual(reachedAt("gpu-box.lan", never), ["gpu-box.lan"]);
});
