/** A screen that nobody looks at. */
import type { LastingScreen } from "./lasting_screen.ts";

export function silentScreen(): LastingScreen {
  return {
    interactive: false,
    unicode: false,
    columns: () => Infinity,
    write: () => {},
    lost: new Promise(() => {}),
    drained: () => Promise.resolve(),
  };
}
