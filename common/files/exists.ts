/** True if there is something at a path, be it a link to nothing: whoever reads it says what is wrong with it. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
