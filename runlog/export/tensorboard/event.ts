/**
 * TensorBoard's event files: a TFRecord file of Event messages (tensorflow/core/util/event.proto and
 * tensorflow/core/framework/summary.proto, of which only the fields used here are written).
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { maskedCrc32c } from "../../../common/files/crc32c.ts";

/** Content of an event at its step: a number, or a picture as a PNG file. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | {
    readonly tag: string;
    readonly png: Uint8Array;
    readonly width: number;
    readonly height: number;
    readonly channels: number;
  };

export interface Event {
  /** Seconds since 1970. */
  readonly wall_time: number;
  readonly step: number;
  readonly values: readonly SummaryValue[];
}

const FILE_VERSION = "brain.Event:2";
const SESSION_START = 1;

/** Bytes of an Event message. */
export function encodeEvent({ wall_time, step, values }: Event): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wall_time);
  writer.tag(2, WireType.Varint).int64(step);
  writer.tag(5, WireType.LengthDelimited).fork();
  for (const value of values) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writeValue(writer, value);
    writer.join();
  }
  return writer.join().finish();
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.tag);
  if ("scalar" in value) {
    writer.tag(2, WireType.Bit32).float(value.scalar);
    return;
  }
  writer.tag(4, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(value.height);
  writer.tag(2, WireType.Varint).int32(value.width);
  writer.tag(3, WireType.Varint).int32(value.channels);
  writer.tag(4, WireType.LengthDelimited).bytes(value.png);
  writer.join();
}

/** The first message of every event file. */
export function encodeFileVersion(wall_time: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wall_time);
  writer.tag(3, WireType.LengthDelimited).string(FILE_VERSION);
  return writer.finish();
}

/** Tells a reader that events of `step` and later, as earlier files have them, are superseded: SessionLog START. */
export function encodeRestart({ wall_time, step }: Pick<Event, "wall_time" | "step">): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wall_time);
  writer.tag(2, WireType.Varint).int64(step);
  writer.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(SESSION_START).join();
  return writer.finish();
}

/** A TFRecord: length (uint64), its masked CRC, the data, their masked CRC; little-endian. */
export function frame(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
