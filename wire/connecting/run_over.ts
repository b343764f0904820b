/** The answer at a coordinator's port after its run has ended, for workers that come too late. */

/** HTTP's "Gone". */
export const RUN_OVER = 410;

/** Thrown to whoever connects after the end of a run. */
export class RunOver extends Error {
  override name = "RunOver";
  constructor() {
    super("it had ended before this worker connected");
  }
}
