/** Channels of tests that are about something else than limits. */
export const LIMITS = { max_payload_bytes: 1 << 24, unasked: null } as const;
