/** Name of a file that is not read, and advice. */
import { refuse } from "./data_file.ts";
import { READERS } from "../readers.ts";
import { begins, BINARY_KINDS, TEXT_KINDS } from "./kinds.ts";

const TITLES = [...READERS.map(({ title }) => title), "CSV"].join(", ");
const NEEDED = `an ${TITLES} or CIFAR file, or a folder of pictures, is required`;

/** Refuses a file of a kind that is known and not read. */
export function refuseKnownKind(file: string, head: Uint8Array, name: string): void {
  const kinds = isText(head) ? TEXT_KINDS : BINARY_KINDS;
  const kind = kinds.find(({ is }) => typeof is === "string" ? begins(head, is) : is(head, name));
  if (kind) refuse(file, `${NEEDED}, found ${kind.what}; ${kind.way.replaceAll("FILE", file)}`);
}

/** Refuses a file of which only so much can be said. */
export function refuseUnknown(file: string, head: Uint8Array): never {
  if (isText(head)) {
    refuse(
      file,
      `${NEEDED}, found text; if it contains rows of numbers, rename it so that its name ends in .csv`,
    );
  }
  refuse(
    file,
    `${NEEDED}, found a file of another kind; if it contains raw numbers, save them with Python: ` +
      `numpy.save("x.npy", numpy.fromfile("${file}", dtype="<f4").reshape(-1, D)), D numbers for each example`,
  );
}

/** True if bytes are those of a text in UTF-8, UTF-16 with its mark, or another encoding without control characters. */
function isText(head: Uint8Array): boolean {
  if (begins(head, "\xff\xfe") || begins(head, "\xfe\xff")) return true;
  return head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}
