/** Reads protobuf messages from bytes that nobody vouches for: every fault is one UserError, never a crash. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { UserError } from "../common/errors.ts";
import { oneLine } from "./graph_error.ts";

/** Errors of reading a model file: one line for the person who gave the file. */
export function unreadable(reason: string): UserError {
  return new UserError(oneLine(`Cannot read ONNX model: ${reason}`));
}

/** Handlers of fields, by number. Others are skipped, as protobuf requires. */
export type Handlers = Readonly<Record<number, (field: Field) => void>>;

/** Reads one message and hands its fields over in order. `message`: its name, for errors. */
export function readMessage(bytes: Uint8Array, message: string, handlers: Handlers): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = guarded(message, () => reader.tag());
    const handler = handlers[number];
    if (handler) handler(new Field(reader, `${message} field ${number}`, wire));
    else guarded(`${message} field ${number}`, () => reader.skip(wire, number));
  }
}

/** The library reports faults of the bytes as plain errors; here they become the reader's own. */
function guarded<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(
      `${where} is incomplete or damaged (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** One field, read by the method of its type. */
export class Field {
  constructor(
    private readonly reader: BinaryReader,
    private readonly where: string,
    private readonly wire: WireType,
  ) {}

  /** A view of the bytes, not a copy. */
  bytes(): Uint8Array {
    return this.#read(WireType.LengthDelimited, (reader) => reader.bytes());
  }

  /** UTF-8 text. */
  text(): string {
    return this.#read(WireType.LengthDelimited, (reader) => reader.string(true));
  }

  int32(): number {
    return this.#read(WireType.Varint, (reader) => reader.int32());
  }

  int64(): bigint {
    return this.#read(WireType.Varint, (reader) => BigInt(reader.int64()));
  }

  /** An int64 that a number holds exactly. */
  integer(): number {
    const value = this.int64();
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw unreadable(`${this.where} must be below 2^53: found ${value}`);
    return number;
  }

  float(): number {
    return this.#read(WireType.Bit32, (reader) => reader.float());
  }

  /** Repeated numbers, packed or one by one, appended to `into`. */
  int32s(into: number[]): void {
    this.#repeated(WireType.Varint, (reader) => into.push(reader.int32()));
  }

  int64s(into: bigint[]): void {
    this.#repeated(WireType.Varint, (reader) => into.push(BigInt(reader.int64())));
  }

  uint64s(into: bigint[]): void {
    this.#repeated(WireType.Varint, (reader) => into.push(BigInt(reader.uint64())));
  }

  floats(into: number[]): void {
    this.#repeated(WireType.Bit32, (reader) => into.push(reader.float()));
  }

  doubles(into: number[]): void {
    this.#repeated(WireType.Bit64, (reader) => into.push(reader.double()));
  }

  #repeated(item: WireType, read: (reader: BinaryReader) => void): void {
    if (this.wire !== WireType.LengthDelimited) return this.#read(item, read);
    const packed = new BinaryReader(this.bytes());
    while (packed.pos < packed.len) guarded(this.where, () => read(packed));
  }

  #read<T>(wire: WireType, read: (reader: BinaryReader) => T): T {
    if (this.wire !== wire) {
      throw unreadable(`${this.where} must have wire type ${WireType[wire]}: found ${WireType[this.wire]}`);
    }
    return guarded(this.where, () => read(this.reader));
  }
}
