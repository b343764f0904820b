/** `deno task relay`. */
import { hostname } from "node:os";
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { interruptSignal, STOPPED } from "../common/process/interrupt.ts";
import { readNamed } from "../common/files/named_file.ts";
import {
  readRendezvous,
  removeRendezvous,
  stateFolder,
  writeRendezvous,
} from "../common/process/rendezvous.ts";
import { UserError } from "../common/errors.ts";
import { readServerTls, readTrusted } from "../common/tls/tls_files.ts";
import { lastingScreen } from "../common/terminal/lasting_screen.ts";
import { openKeyList } from "../coordinator/fleet/admission/key_list.ts";
import { type Door, removeTokens, tellHowToJoin } from "../coordinator/terminal/invitation.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { isCoordinator, isOpen } from "../wire/connecting/port_probe.ts";
import { connect } from "../wire/ws_socket.ts";
import { type Located, Locator } from "../worker/connection/locator.ts";
import { ShardCache } from "../worker/connection/shard_cache.ts";
import { readKeyFile } from "../worker/key_file.ts";
import { checkTrust } from "../worker/worker_options.ts";
import { openDoor } from "./door.ts";
import { relay } from "./relay.ts";
import { RelayConsole } from "./relay_console.ts";
import { checkUpstream, RELAY_COMMAND } from "./relay_options.ts";

const MB = 1024 * 1024;
/** As workers: they share the folder. */
const CACHE_BYTES = 16 * 1024 * MB;

function openCache(): ShardCache | null {
  const folder = stateFolder((name) => Deno.env.get(name), Deno.build.os);
  return folder === undefined ? null : new ShardCache(join(folder, "shards"), CACHE_BYTES);
}

/** Throws {@linkcode UserError} where there is no token. */
function tokenOf(place: Located): string {
  if ("token" in place) return place.token;
  throw new UserError(`Cannot relay without the run's token: ${place.waiting}`);
}

async function main(args: readonly string[]): Promise<number | void> {
  const { values } = parseOptions(RELAY_COMMAND, args);
  const upstream = checkUpstream(values.upstream);
  const { host, port, token_file, tls_ca } = values;
  checkTrust({ coordinator: upstream, tls_ca });
  const trusted = tls_ca === undefined ? null : await readTrusted(tls_ca);
  const tls = await readServerTls(values, Date.now());
  const key = values.key === undefined ? null : await readKeyFile(values.key);
  const allowed_keys = await openKeyList(values.allow_keys);
  const { signal: stop } = interruptSignal(() => {});
  const locator = new Locator(
    { coordinator: upstream, token_file, token_variable: Deno.env.get("WAGON_TOKEN") },
    { readNamed, readRendezvous, isOpen: (url) => isOpen(url, SYSTEM_CLOCK), isCoordinator },
  );
  const token = tokenOf(await locator.locate());
  const screen = lastingScreen(Deno.stdout);
  const terminal = new RelayConsole(screen, SYSTEM_CLOCK);
  const { os, arch } = Deno.build;
  let door: Door | null = null, local: { url: string; token: string } | null = null;
  const ended = await relay({
    locate: () => locator.locate(),
    key,
    allowed_keys,
    connect: (url) => connect(url, { trusted }),
    open: (onsocket) => openDoor({ host, port, tls }, onsocket),
    opened: async ({ port, local_url: url }) => {
      door = { host, port, tls, interactive: screen.interactive };
      local = { url, token };
      await tellHowToJoin(terminal, door, { token, file: token_file });
      // Without a home workers can be told address and token.
      await writeRendezvous({ ...local, run: `relay of ${new URL(upstream).host}` }).catch(() => null);
    },
    name: values.name ?? `${hostname()}-${Deno.pid}`,
    platform: `${os} ${arch}, deno ${Deno.version.deno}`,
    memory_bytes: values.memory * MB,
    cache: openCache(),
    console: terminal,
    observer: (run) => terminal.observerOf(run),
    clock: SYSTEM_CLOCK,
    wall_ms: Date.now,
    random: Math.random,
    stop,
  }).finally(async () => {
    if (local !== null) await removeRendezvous(local);
    if (door !== null) await removeTokens(door);
    await screen.drained();
  });
  if (values.fail_when_stopped && ended === "stopped") return STOPPED;
}

if (import.meta.main) {
  await runMain(main, { own_signals: true });
  // Signal listeners would keep the process alive.
  Deno.exit();
}
