/** Where npm's packages come from on this machine: the registry or mirror in npm's configuration, and its token. */
import { join } from "node:path";
import { readNamed } from "../../common/files/named_file.ts";

const PUBLIC = "https://registry.npmjs.org/";

export interface NpmConfig {
  /** Ends with a slash. */
  readonly registry: string;
  /** Headers for an address of the registry: none for any other. */
  headersFor(url: string): Readonly<Record<string, string>>;
}

/** The entries of an .npmrc: KEY = VALUE, with ${VARIABLES}; # and ; begin comments. */
export function parseNpmrc(text: string, env: (name: string) => string | undefined): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    const plain = value!.replace(/^"(.*)"$/, "$1");
    entries.set(key, plain.replaceAll(/\$\{([^}]+)\}/g, (all, name: string) => env(name) ?? all));
  }
  return entries;
}

/** Variables come before the project's .npmrc in `cwd`, and that before the user's. */
export async function npmConfig(env: (name: string) => string | undefined, cwd: string): Promise<NpmConfig> {
  const home = env("HOME") ?? env("USERPROFILE");
  const user = env("npm_config_userconfig") ?? env("NPM_CONFIG_USERCONFIG") ?? (home && join(home, ".npmrc"));
  const entries = new Map<string, string>();
  for (const path of [user, join(cwd, ".npmrc")]) {
    const text = path === undefined ? "" : await readNamed(path).then(({ text }) => text, () => "");
    for (const [key, value] of parseNpmrc(text, env)) entries.set(key, value);
  }
  const named = env("npm_config_registry") ?? env("NPM_CONFIG_REGISTRY") ?? entries.get("registry");
  const registry = URL.parse(named ?? PUBLIC)?.href ?? PUBLIC;
  const base = registry.endsWith("/") ? registry : `${registry}/`;
  return { registry: base, headersFor: (url) => url.startsWith(base) ? credentials(entries, base) : {} };
}

/** As npm looks them up: by the registry's address without its protocol, then by what is above it. */
function credentials(entries: ReadonlyMap<string, string>, registry: string): Record<string, string> {
  for (
    let place = registry.replace(/^https?:/, "");
    place.length > 2;
    place = place.replace(/[^/]*\/$/, "")
  ) {
    const token = entries.get(`${place}:_authToken`) ?? entries.get(`${place.replace(/\/$/, "")}:_authToken`);
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const basic = entries.get(`${place}:_auth`);
    if (basic !== undefined) return { authorization: `Basic ${basic}` };
  }
  return {};
}
