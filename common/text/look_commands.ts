/** Commands that show what a run's generator draws, to be copied. */
import { shellWord } from "./shell_word.ts";

/** `example_shape`: of one of the run's examples. A page draws images and points in the plane, and no tables. */
export function lookCommands(
  folder: string,
  example_shape: readonly number[],
): { sample: string; page: string | null } {
  const run = shellWord(folder);
  const has_page = example_shape.length > 1 || example_shape[0] === 2;
  return {
    sample: `deno task sample ${run} --grid samples.png`,
    page: has_page ? `deno task page ${run} --single page.html` : null,
  };
}
