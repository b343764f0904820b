/** Channels of tests that are about something else than limits, and than who is at the other end. */
export const LIMITS = { peer: "the peer", max_payload_bytes: 1 << 24, unasked: null } as const;
