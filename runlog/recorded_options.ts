/** Settings that the log has under their first names, so that every version reads the runs of all others. */
const RECORDED_AS: Readonly<Record<string, string>> = {
  adaptive_n_critic: "auto_critic",
  early_stopping: "stop_when_flat",
};

/** The name in logs of an option, in snake_case. */
export function recordedName(option: string): string {
  return RECORDED_AS[option] ?? option;
}

/** The option that a name in logs stands for, a setting's or a decision's (`auto-critic`); in snake_case. */
export function optionOf(name: string): string {
  const recorded = name.replaceAll("-", "_");
  return Object.keys(RECORDED_AS).find((option) => RECORDED_AS[option] === recorded) ?? recorded;
}
