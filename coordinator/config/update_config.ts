/** How weights are updated and averaged, as a run's configuration has it (docs/optimizer.md). */
import { num } from "../../runlog/shape.ts";

export interface UpdateConfig {
  /** Examples after which a step counts half in the averaged generator; 0: it is not averaged. */
  readonly ema_half_life: number;
}

/** What a recorded run must have. */
export const UPDATE_FIELDS = { ema_half_life: num };

/** What was given, completed. */
export function updateConfig({ ema_half_life = 0 }: Partial<UpdateConfig>): UpdateConfig {
  return { ema_half_life };
}
