/** What a process says, in a file. */

/** Appends both streams of a process to a file as it comes. Resolves once both have ended. */
export async function logTo(
  path: string,
  { stdout, stderr }: Pick<Deno.ChildProcess, "stdout" | "stderr">,
): Promise<void> {
  using file = await Deno.open(path, { create: true, append: true });
  const copy = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) await file.write(chunk);
  };
  await Promise.allSettled([copy(stdout), copy(stderr)]);
}
