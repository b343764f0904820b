/** The names that a certificate is for. */
import { isIP } from "node:net";
import { UserError } from "../../common/errors.ts";

/** Workers on the coordinator's machine, and tunnels to it. */
const ALWAYS = ["localhost", "127.0.0.1", "::1"];
const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;
const MAX_CHARACTERS = 253;

/**
 * Reads `--tls`, or takes the names of this machine where it is not given. Throws {@linkcode UserError}. IPv6 addresses may
 * stand in brackets.
 */
export function certificateNames(given: readonly string[], own: () => readonly string[]): string[] {
  const listed = given.flatMap((list) => list.split(","));
  const names = (listed.length > 0 ? listed : own()).map((name) => name.trim().replace(/^\[(.*)\]$/, "$1"));
  for (const name of names) {
    if (isIP(name) !== 0 || NAME.test(name) && !isNumber(name) && name.length <= MAX_CHARACTERS) continue;
    throw new UserError(
      `Option --tls must be names and addresses such as gpu-box,192.168.1.20, without ws:// and port: found ${
        JSON.stringify(name)
      }`,
    );
  }
  return [...new Set([...names, ...ALWAYS])];
}

/** True if it would be read as an address, and is none. */
function isNumber(name: string): boolean {
  return /^[\d.]+$/.test(name);
}
