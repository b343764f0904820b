/** Where a picture lies: a file of its own, or a part of an archive. */
import { readRegularSync, RegularFile } from "../../../common/files/regular_file.ts";
import type { ZipPlace } from "../../../common/files/zip.ts";
import { readZipPart } from "../../../common/files/zip_part.ts";

export interface PicturePlace {
  /** The picture's file, or its archive. */
  readonly file: string;
  /** In a tar archive: its bytes; in a ZIP archive: where they are packed. */
  readonly part?: { readonly at: number; readonly size: number } | { readonly zip: ZipPlace };
}

/** The bytes of a picture. Throws Error where they cannot be read, and RangeError for more than `max_bytes`. */
export function bytesAt({ file, part }: PicturePlace, max_bytes: number): Uint8Array<ArrayBuffer> {
  if (part === undefined) return readRegularSync(file, max_bytes);
  using archive = RegularFile.openSync(file);
  const size = "zip" in part ? Math.max(part.zip.size, part.zip.packed) : part.size;
  if (size > max_bytes) throw new RangeError(`a file of ${size} bytes, more than ${max_bytes}`);
  if ("zip" in part) return readZipPart(archive, part.zip);
  const bytes = new Uint8Array(size);
  if (archive.fillSync(bytes, part.at) < size) throw new Error("a file that ends early");
  return bytes;
}
