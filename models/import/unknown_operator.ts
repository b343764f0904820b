/** Advice on an operator that networks here cannot have. */

const DRAWS =
  "it draws random numbers, which the seed of the run cannot control: make them an input of the generator";
const QUANTISED = "it computes with integers: export the network before it is quantised";

const ADVICE: Readonly<Record<string, string>> = {
  RandomNormal: DRAWS,
  RandomNormalLike: DRAWS,
  RandomUniform: DRAWS,
  RandomUniformLike: DRAWS,
  Bernoulli: DRAWS,
  Multinomial: DRAWS,
  QuantizeLinear: QUANTISED,
  DequantizeLinear: QUANTISED,
  DynamicQuantizeLinear: QUANTISED,
  ConvInteger: QUANTISED,
  MatMulInteger: QUANTISED,
  QLinearConv: QUANTISED,
  QLinearMatMul: QUANTISED,
};

/** Why an operator of this domain and name is refused; what errors say behind the node. */
export function unknownOperator(domain: string, op: string): string {
  const name = domain === "" ? op : `${domain}.${op}`;
  const own = domain === "" && Object.hasOwn(ADVICE, op) ? `${ADVICE[op]}, or ` : "";
  return `wagon cannot differentiate operator ${name}; ${own}replace it by others before the export, ` +
    "or add it to onnx/operators/ and autodiff/rules/";
}
