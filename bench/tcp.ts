/** Whole buffers over a TCP connection. */

/** Fills `buffer`; false where the connection ends first. */
export async function readWhole(connection: Deno.TcpConn, buffer: Uint8Array): Promise<boolean> {
  for (let at = 0; at < buffer.length;) {
    const count = await connection.read(buffer.subarray(at));
    if (count === null) return false;
    at += count;
  }
  return true;
}

export async function writeWhole(connection: Pick<Deno.TcpConn, "write">, buffer: Uint8Array): Promise<void> {
  for (let at = 0; at < buffer.length;) at += await connection.write(buffer.subarray(at));
}
