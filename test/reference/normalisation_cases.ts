/** What normalisations are checked on. */
import { f, type Operand, type OperatorCase } from "./operator_case.ts";

const batch = (shape: readonly number[]): Operand[] => {
  const channels = [shape[1]!];
  return [f(shape), f(channels), f(channels), f(channels), f(channels, 0.5, 2)];
};

export const NORMALISATION_CASES = {
  BatchNormalization: [
    { inputs: batch([5, 3]) },
    { inputs: batch([2, 3, 4]), attributes: { epsilon: 0.1 } },
    { inputs: batch([2, 3, 2, 4]), attributes: { training_mode: 1 }, num_outputs: 3 },
    { inputs: batch([5, 3]), attributes: { training_mode: 1, momentum: 0.7, epsilon: 0.1 }, num_outputs: 3 },
  ],
  LayerNormalization: [
    { inputs: [f([2, 3, 4]), f([4]), f([4])] },
    { inputs: [f([2, 3, 4]), f([4])], attributes: { epsilon: 0.1 }, num_outputs: 3 },
    { inputs: [f([2, 3, 4]), f([3, 4]), f([3, 4])], attributes: { axis: 1 }, num_outputs: 3 },
  ],
  InstanceNormalization: [
    { inputs: [f([2, 3, 4]), f([3]), f([3])] },
    { inputs: [f([2, 3, 2, 3]), f([3]), f([3])], attributes: { epsilon: 0.1 } },
  ],
  GroupNormalization: [
    { inputs: [f([2, 4, 3]), f([4]), f([4])], attributes: { num_groups: 2 }, opset: 21 },
    {
      inputs: [f([2, 6, 3, 2]), f([6]), f([6])],
      attributes: { num_groups: 3, epsilon: 0.1 },
      opset: 21,
    },
    { inputs: [f([2, 4, 3]), f([4]), f([4])], attributes: { num_groups: 4 }, opset: 21 },
    { inputs: [f([2, 4, 3]), f([2]), f([2])], attributes: { num_groups: 2 } },
  ],
  LpNormalization: [
    { inputs: [f([3, 4])] },
    { inputs: [f([3, 4, 2])], attributes: { axis: 1, p: 1 } },
    { inputs: [f([2, 3], 0, 0)], attributes: { axis: 0 } },
  ],
  MeanVarianceNormalization: [
    { inputs: [f([2, 3, 2, 3])] },
    { inputs: [f([3, 4, 2])], attributes: { axes: [0, -1] } },
  ],
} satisfies Record<string, readonly OperatorCase[]>;
