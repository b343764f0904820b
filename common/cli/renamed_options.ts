/** Options that have a new name. The old one works for one version, and each use of it is told. */
import { UserError } from "../errors.ts";
import { flagOf, type OptionTable } from "./options.ts";

interface Renaming {
  readonly now: string;
  /** The version that no longer knows the old name. */
  readonly until: string;
}

/** By old name. Renamed in 0.2.0. */
export const RENAMED_OPTIONS: Readonly<Record<string, Renaming>> = {
  auto_critic: { now: "adaptive_n_critic", until: "0.3.0" },
  doctor: { now: "devices", until: "0.3.0" },
  stop_when_flat: { now: "early_stopping", until: "0.3.0" },
};

/** Old names of a table's options. */
export function oldNames(table: OptionTable): readonly (readonly [old: string, renaming: Renaming])[] {
  return Object.entries(RENAMED_OPTIONS).filter(([old, { now }]) =>
    Object.hasOwn(table, now) && !Object.hasOwn(table, old)
  );
}

/** Says that `old` has a new name, both as the person wrote them: as options or as keys. */
export function tellRenamed(old: string, now: string, until: string): string {
  return `${old} is now called ${now}; the old name works until ${until}`;
}

/**
 * An object of options with the new name of each. Throws {@linkcode UserError} where it has both; `where` names it in
 * messages.
 */
export function withNewNames(
  table: OptionTable,
  source: Readonly<Record<string, unknown>>,
  where: string,
  tell: (line: string) => void,
): Record<string, unknown> {
  const renamed = { ...source };
  for (const [old, { now, until }] of oldNames(table)) {
    if (!Object.hasOwn(source, old)) continue;
    const [before, after] = [JSON.stringify(old), JSON.stringify(now)];
    if (Object.hasOwn(source, now)) {
      throw new UserError(
        `Cannot use ${where}: one of ${before} and ${after} is required, found both; leave out ${before}, the old name`,
      );
    }
    tell(`${tellRenamed(`Key ${before} in ${where}`, after, until)}`);
    renamed[now] = renamed[old];
    delete renamed[old];
  }
  return renamed;
}

/** Every way to write an option, without `--`, and the option's name. */
export function spellings(table: OptionTable): readonly (readonly [flag: string, name: string])[] {
  const old = oldNames(table).map(([spelled, { now }]) => [spelled, now] as const);
  return [...Object.keys(table).map((name) => [name, name] as const), ...old]
    .map(([spelled, name]) => [flagOf(spelled).slice(2), name]);
}
