/** Who is meant by a limit for each host. */

const MAPPED_V4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** The part of an IPv6 address that names a network, whose owner has all addresses in it. */
const NETWORK_GROUPS = 4;

/** The host of a peer "address:port": every connection has another port. */
export function hostOfPeer(peer: string): string {
  return hostOf(peer.replace(/:\d+$/, ""));
}

/**
 * The host of an address: itself, or of an IPv6 address its network of 64 bits.
 */
export function hostOf(address: string): string {
  const v4 = MAPPED_V4.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  if (!address.includes(":") || address === "::1") return address;
  const [before, after] = address.split("%")[0]!.toLowerCase().split("::").map((part) =>
    part === "" ? [] : part.split(":")
  );
  const zeros = after === undefined ? 0 : Math.max(0, 8 - before!.length - after.length);
  const groups = [...before!, ...Array<string>(zeros).fill("0"), ...after ?? []];
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}
