import assert from "node:assert/strict";
import { hostOf, hostOfPeer } from "../../../common/text/host_of.ts";

Deno.test("a host is an address without its port, or a network of IPv6 addresses", () => {
  const hosts = {
    "10.0.0.7:40123": "10.0.0.7",
    "::ffff:10.0.0.7:40123": "10.0.0.7",
    "::1:7700": "::1",
    "2001:db8:1:2:3:4:5:6:443": "2001:db8:1:2::/64",
    "2001:DB8:1:2::9:443": "2001:db8:1:2::/64",
    "2001:db8::1:443": "2001:db8:0:0::/64",
    "fe80::1%eth0:443": "fe80:0:0:0::/64",
  };
  for (const [peer, host] of Object.entries(hosts)) {
    assert.equal(hostOfPeer(peer), host);
    assert.equal(hostOf(peer.replace(/:\d+$/, "")), host);
  }
});
