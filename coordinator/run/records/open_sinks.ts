/** Sinks that a person asked for: what they write to is opened here. */
import { basename, join, resolve } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { readRegular } from "../../../common/files/regular_file.ts";
import type { Clock } from "../../../wire/clock.ts";
import type { Prepared } from "../prepare.ts";
import { runName } from "../run_folder.ts";
import { type Fetch, HttpSink } from "./http_sink.ts";
import type { Opening, RecordSink } from "./run_log.ts";
import { eventFileName, TensorboardSink } from "./tensorboard_sink.ts";

export interface SinkOptions {
  /** Folder that gets a folder of the run's name with TensorBoard events. */
  readonly tensorboard?: string | undefined;
  /** Where the log goes as JSON lines, and the bearer token for it. */
  readonly log_url?: string | undefined;
  readonly log_token?: string | undefined;
}

/** Opens sinks of a run once it is prepared. `say`: tells a person what went wrong. */
export type OpenSinks = (run: Prepared, say: (line: string) => void) => Promise<readonly RecordSink[]>;

/** Time and the network. */
export interface SinksOutside {
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** What opens the sinks. Throws {@linkcode UserError} for what cannot be written to at all, before there is a run folder. */
export async function sinksFor(options: SinkOptions, outside: SinksOutside): Promise<OpenSinks> {
  const { tensorboard, log_url } = options;
  if (log_url !== undefined) checkUrl(log_url);
  if (tensorboard !== undefined) {
    await orCannotMake(tensorboard, () => Deno.mkdir(tensorboard, { recursive: true }));
  }
  return (run, say) => openSinks(run, options, { ...outside, say });
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  const found = url === null || !["http:", "https:"].includes(url.protocol)
    ? text
    : url.username || url.password
    ? "a user or a password in it; give a token with WAGON_LOG_TOKEN"
    : null;
  if (found === null) return;
  throw new UserError(
    `Cannot use --log-url: an address that begins with http:// or https:// is required, found ${found}`,
  );
}

async function orCannotMake<T>(path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw new UserError(
      `Cannot write events for TensorBoard: ${path} must be a folder that can be written, on a disk with free space, found ` +
        `${(error as Error).message}; name another with --tensorboard`,
    );
  }
}

async function openSinks(
  { record, resume, folder, config }: Prepared,
  { tensorboard, log_url: url, log_token: token }: SinkOptions,
  outside: SinksOutside & { readonly say: (line: string) => void },
): Promise<RecordSink[]> {
  const opening: Opening = resume === null ? [record] : [record, resume];
  const sinks: RecordSink[] = [];
  if (tensorboard !== undefined) {
    const name = folder === null
      ? runName(config.preset, new Date(record.created), record.name)
      : basename(resolve(folder.path));
    const path = join(tensorboard, name);
    const file = await orCannotMake(path, async () => {
      await Deno.mkdir(path, { recursive: true });
      return await Deno.open(join(path, eventFileName(opening)), {
        write: true,
        create: true,
        truncate: true,
      });
    });
    const readPicture = (file: string) =>
      folder === null ? Promise.resolve(null) : readRegular(join(folder.path, file)).catch(() => null);
    sinks.push(new TensorboardSink({ opening, file, readPicture, ...outside }));
  }
  if (url !== undefined) sinks.push(new HttpSink({ url, token, opening, ...outside }));
  return sinks;
}
