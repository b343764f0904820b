/** Programs of this machine that tests run where they are installed. */
import { join } from "node:path";

/** Where Debian keeps servers, which need not be in the path. */
const SERVERS = ["/usr/sbin", "/usr/local/sbin"];

/** The path of a program; null where it is not installed. */
export function programAt(name: string): string | null {
  const folders = [...Deno.env.get("PATH")!.split(":"), ...SERVERS];
  return folders.map((folder) => join(folder, name)).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

/** True if one of these programs is not installed. */
export function lacks(...names: readonly string[]): boolean {
  return names.some((name) => programAt(name) === null);
}
