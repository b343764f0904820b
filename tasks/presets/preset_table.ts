/** The presets as a table: what each is for, and what it was measured to reach. */
import { shortDuration } from "../../common/text/duration.ts";
import { type Preset, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { layOut } from "../../inspect/columns.ts";
import { MEASURED } from "./measured.ts";

const COLUMNS = [
  { title: "PRESET", align: "left" },
  { title: "FOR", align: "left", expendable: 1 },
  { title: "NETWORKS", align: "left", expendable: 4 },
  { title: "STEPS", align: "right" },
  { title: "MEASURED", align: "right", expendable: 2 },
  { title: "TIME", align: "right" },
  { title: "DISTANCE", align: "right" },
  { title: "ON", align: "left", expendable: 3 },
] as const;

/** `steps` are what a run makes unless told otherwise. */
export function presetLines(width: number): string[] {
  const rows = Object.entries(PRESETS as Readonly<Record<PresetName, Preset>>).map(
    ([name, { about: [networks, purpose], steps }]) => {
      const measured = MEASURED[name as PresetName];
      const { seconds = null, distance = null } = measured ?? {};
      return [
        name,
        purpose,
        networks,
        steps.toLocaleString("en-US"),
        measured ? measured.steps.toLocaleString("en-US") : "",
        seconds === null ? "" : shortDuration(seconds),
        distance === null ? "" : `${distance.start.toFixed(2)} to ${distance.end.toFixed(3)}`,
        measured?.data ?? "",
      ];
    },
  );
  return layOut(COLUMNS, rows, width);
}
