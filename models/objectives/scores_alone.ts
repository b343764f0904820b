/** What a gradient penalty requires of a critic. */
import { dependsOnBatch, type Net } from "../nets/net.ts";

/** @throws {RangeError} where the critic's examples see each other: its slope would not be that of one example. */
export function checkScoresAlone(critic: Net): void {
  if (!dependsOnBatch(critic)) return;
  const { coupling } = critic;
  throw new RangeError(
    "Cannot use a gradient penalty: the critic's score of an example must not depend on others, found " +
      (
        coupling === undefined
          ? "batch normalisation; use layer normalisation or none"
          : `${coupling}, which combines examples of a batch; use a critic that scores each example independently, ` +
            `or ` +
            "--objective wgan or gan"
      ),
  );
}
