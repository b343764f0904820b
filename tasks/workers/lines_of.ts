/** What a program says, line by line. */

/** Calls `onLine` for each line that is not empty, without blanks around it. Resolves to the last one, or "". */
export async function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<string> {
  let rest = "", last = "";
  const say = (line: string) => {
    if (line.trim() === "") return;
    last = line.trim();
    onLine(last);
  };
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(say);
  }
  say(rest);
  return last;
}
