/** ZIP archives for tests, byte by byte, in the variants that programs write. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Packed {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** The sizes come behind the data, and are 0 before (bit 3). */
  readonly descriptor?: boolean;
  /** Sizes and place are in the extra field (ZIP64). */
  readonly zip64?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** The unpacked size that the directory says. */
  readonly claimed?: number;
  /** Instead of the deflated content. */
  readonly packed?: Uint8Array;
}

class Bytes {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  /** Numbers in little-endian order, each [value, bytes], and whole arrays. */
  add(...parts: (readonly [value: number, bytes: number] | Uint8Array)[]): this {
    for (const part of parts) {
      const bytes = part instanceof Uint8Array ? part : numberBytes(part[0], part[1]);
      this.#parts.push(bytes);
      this.length += bytes.length;
    }
    return this;
  }

  whole(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

function numberBytes(value: number, bytes: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out.subarray(0, bytes);
}

export function zipOf(
  files: readonly Packed[],
  { zip64 = false, comment = "", prefix = "" } = {},
): Uint8Array<ArrayBuffer> {
  const text = (value: string) => new TextEncoder().encode(value);
  const out = new Bytes(), directory = new Bytes();
  for (const { name, content, deflate, descriptor, zip64, flags = 0, method, claimed, packed } of files) {
    const data = packed ?? (deflate ? new Uint8Array(deflateRawSync(content)) : content);
    const crc = crc32(content), size = claimed ?? content.length, local = out.length;
    const how = [[flags | (descriptor ? 8 : 0), 2], [method ?? (deflate || packed ? 8 : 0), 2], [
      0,
      4,
    ]] as const;
    const sizes = [[descriptor ? 0 : crc, 4], [descriptor ? 0 : data.length, 4], [
      descriptor ? 0 : size,
      4,
    ]] as const;
    out.add([0x0403_4b50, 4], [20, 2], ...how, ...sizes, [name.length, 2], [0, 2], text(name), data);
    if (descriptor) out.add([0x0807_4b50, 4], [crc, 4], [data.length, 4], [size, 4]);
    const elsewhere = [0xffff_ffff, 4] as const;
    const extra = zip64
      ? new Bytes().add([1, 2], [24, 2], [size, 8], [data.length, 8], [local, 8]).whole()
      : new Uint8Array();
    directory.add([0x0201_4b50, 4], [20, 2], [20, 2], ...how, [crc, 4]);
    directory.add(zip64 ? elsewhere : [data.length, 4], zip64 ? elsewhere : [size, 4]);
    directory.add([name.length, 2], [extra.length, 2], [0, 2], [0, 2], [0, 2], [0, 4]);
    directory.add(zip64 ? elsewhere : [local, 4], text(name), extra);
  }
  const begin = out.length;
  out.add(directory.whole());
  if (zip64) {
    const end = out.length;
    out.add([0x0606_4b50, 4], [44, 8], [45, 2], [45, 2], [0, 4], [0, 4], [files.length, 8], [
      files.length,
      8,
    ]);
    out.add([directory.length, 8], [begin, 8]);
    out.add([0x0706_4b50, 4], [0, 4], [end + prefix.length, 8], [1, 4]);
  }
  const count = zip64 ? 0xffff : files.length;
  out.add([0x0605_4b50, 4], [0, 2], [0, 2], [count, 2], [count, 2]);
  out.add(zip64 ? [0xffff_ffff, 4] : [directory.length, 4], zip64 ? [0xffff_ffff, 4] : [begin, 4]);
  out.add([comment.length, 2], text(comment));
  return new Bytes().add(text(prefix), out.whole()).whole();
}
