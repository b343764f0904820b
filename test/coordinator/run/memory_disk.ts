import type { CheckpointFiles } from "../../../coordinator/run/checkpoints/checkpoint.ts";

/** A disk in memory, which can be full. */
export class MemoryDisk implements CheckpointFiles {
  readonly files = new Map<string, Uint8Array>();
  room_bytes = Infinity;

  write(path: string, bytes: Uint8Array): Promise<void> {
    const taken = Math.min(bytes.length, this.room_bytes);
    this.files.set(path, bytes.slice(0, taken));
    this.room_bytes -= taken;
    if (taken === bytes.length) return Promise.resolve();
    return Promise.reject(
      Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }),
    );
  }
  read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Deno.errors.NotFound(path));
  }
  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, await this.read(from));
    this.files.delete(from);
  }
  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }
  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()].map((path) => path.split(/[/\\]/).at(-1)!));
  }
}
