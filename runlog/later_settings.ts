/**
 * Settings that came after the first published weights, with the values that all runs before had: logs that lack them
 * are read so, and a run with these values is the same run as one without.
 */
export const LATER_SETTINGS = {
  wire: "float32",
  wire_groups: null,
  local_steps: null,
  learners: null,
  outer_lr: null,
  outer_momentum: null,
  lr_critic: null,
  lr_generator: null,
  decay: "linear",
  clip_grad_norm: null,
  ema_half_life: 0,
  r1: null,
  r2: null,
  lazy_penalty: 1,
  fit: "crop",
  ground: "white",
  on_bad_item: "refuse",
  layout: null,
  categories: null,
  scale: "none",
  flip: false,
  augment: null,
  labels: null,
  attention: null,
  pac: 1,
  warm_start: null,
  metrics: null,
  keep_best: null,
} as const;
