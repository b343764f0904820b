/** The file of `--hosts`: a line for each worker, with the machine that it runs on and what it computes with. */
import { UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { wordsIn } from "../../common/text/words_in.ts";

/** One worker on another machine. */
export interface Host {
  /** As people read it; differs from that of every other line. */
  readonly name: string;
  /** As ssh takes it: [user@]host, or a name in ssh's configuration. */
  readonly address: string;
  /** Folder of wagon's clone there, from the home folder; undefined: the same path as here. */
  readonly dir?: string;
  /** Options of its worker. */
  readonly args: readonly string[];
}

/** What may stand behind an address, and how its value must look. Values reach the shell of the other machine. */
const KEYS: Readonly<Record<string, RegExp>> = {
  dir: /^[^\0\r\n]+$/,
  gpu: /^(all|\d+(,\d+)*)$/,
  threads: /^\d+$/,
  cores: /^\d+(,\d+)*$/,
};

const ADDRESS = /^[\w][\w.:%@-]*$/;

/** Reads the file's text; `where` names it in messages. Throws {@linkcode UserError} naming the line. */
export function readHosts(text: string, where: string): Host[] {
  const hosts: Host[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    hosts.push(readHost(line, `Line ${i + 1} of ${where}`, hosts));
  }
  if (hosts.length === 0) {
    throw new UserError(
      `Cannot use ${where}: a line with an address for each worker is required, found none`,
    );
  }
  return hosts;
}

function readHost(line: string, place: string, before: readonly Host[]): Host {
  const words = wordsIn(line);
  if (words === null) throw new UserError(`${place} must close its quotes: found ${JSON.stringify(line)}`);
  const [address, ...settings] = words as [string, ...string[]];
  if (!ADDRESS.test(address)) {
    throw new UserError(
      `${place} must begin with an address as ssh takes it, e.g. me@gpu-box: found ${
        JSON.stringify(address)
      }`,
    );
  }
  const given: Record<string, string> = {};
  for (const setting of settings) {
    const [key, value] = setting.split(/=(.*)/s, 2) as [string, string?];
    const pattern = Object.hasOwn(KEYS, key) ? KEYS[key]! : null;
    if (pattern === null || value === undefined || !pattern.test(value)) {
      const guess = pattern === null ? nearest(key, Object.keys(KEYS)) : undefined;
      const hint = guess ? ` (did you mean ${guess}=?)` : "";
      throw new UserError(
        `${place} may have dir=PATH, gpu=0,1 or gpu=all, threads=N and cores=0,1 after the address: found ` +
          `${JSON.stringify(setting)}${hint}`,
      );
    }
    given[key] = value;
  }
  const { dir, ...options } = given;
  const same = before.filter((host) => host.address === address).length;
  return {
    name: same === 0 ? address : `${address}-${same + 1}`,
    address,
    ...dir !== undefined && { dir },
    args: Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]),
  };
}
