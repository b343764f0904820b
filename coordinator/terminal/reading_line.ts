/** Progress of reading data: a bar on a terminal, elsewhere a line now and then. */
import { UserError } from "../../common/errors.ts";
import { type Screen, StatusLine } from "../../common/terminal/screen.ts";
import { counted } from "../../common/text/counted.ts";
import { shortDuration } from "../../common/text/duration.ts";
import { progressBar } from "./console.ts";

/** Redrawing more often helps nobody. */
const REDRAW_MS = 200;
/** Without a terminal, a first line after so long, and then so often. */
const FIRST_LINE_MS = 2_000;
const LINE_MS = 10_000;
/** Reading that is over sooner is not worth a line. */
const WORTH_A_LINE_MS = 1_000;
const BAR_WIDTH = 20;

/** How reading is told of. */
export interface ReadingLine {
  /** A line for a person. */
  readonly say: (line: string) => void;
  /** `done` of `total` things are read: pictures, unless `thing` says what. */
  readonly progress: (done: number, total: number, thing?: string) => void;
  readonly num_cores: number;
}

/**
 * Tells of reading on a screen, with as many threads as there are cores. Reading ends with a {@linkcode UserError}
 * once `signal` is aborted: there is no run yet that could be saved.
 */
export function readingOn(screen: Screen, now_ms: () => number, signal: AbortSignal): ReadingLine {
  const line = new StatusLine(screen);
  let begun_ms: number | null = null, next_ms = 0;
  const progress = (done: number, total: number, thing = "picture") => {
    const at_ms = now_ms();
    if (signal.aborted) {
      line.draw("");
      throw new UserError(
        `Stopped when ${done} of ${counted(total, thing)} were read: there is no run yet`,
      );
    }
    if (begun_ms === null || done === 0) {
      begun_ms = at_ms;
      next_ms = at_ms + (screen.interactive ? REDRAW_MS : FIRST_LINE_MS);
    }
    const taken_ms = at_ms - begun_ms;
    if (done === total) {
      line.draw("");
      if (taken_ms >= WORTH_A_LINE_MS) {
        line.line(`Read ${counted(total, thing)} in ${shortDuration(taken_ms / 1000)}`);
      }
    } else if (at_ms >= next_ms) {
      next_ms = at_ms + (screen.interactive ? REDRAW_MS : LINE_MS);
      if (!screen.interactive) {
        line.line(`Read ${done.toLocaleString("en-US")} of ${counted(total, thing)}`);
      } else line.draw(...statusLines(done, total, thing, taken_ms, screen.unicode));
    }
  };
  return { progress, say: (text) => line.line(text), num_cores: navigator.hardwareConcurrency };
}

/** From the longest to the shortest. */
function statusLines(
  done: number,
  total: number,
  thing: string,
  taken_ms: number,
  unicode: boolean,
): readonly [string, ...string[]] {
  const share = done / total;
  const percent = `${String(Math.floor(100 * share)).padStart(3)}%`;
  const count = `${done}/${total}`;
  const left = done === 0 ? "" : `  ${shortDuration(taken_ms / done * (total - done) / 1000)} left`;
  const bar = progressBar(share, BAR_WIDTH, unicode);
  return [
    `Reading ${thing}s ${percent} ${bar} ${count}${left}`,
    `Reading ${thing}s ${percent} ${count}${left}`,
    `${percent} ${count}`,
  ];
}
