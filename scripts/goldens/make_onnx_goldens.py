"""Writes test/onnx/goldens.json (models made, checked and serialised by Python's own onnx package, base64)
and schemas.json (what that package says about the operators of wagon's table).

Run from the repository root with onnx 1.23: python scripts/goldens/make_onnx_goldens.py
"""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path("test/onnx/goldens.json")
SCHEMAS = Path("test/onnx/schemas.json")

# Two values of each element type, as the bytes of raw_data.
ELEMENTS = {
    "FLOAT": np.array([1.5, -0.0], np.float32),
    "UINT8": np.array([0, 255], np.uint8),
    "INT8": np.array([-128, 127], np.int8),
    "UINT16": np.array([0, 65535], np.uint16),
    "INT16": np.array([-32768, 32767], np.int16),
    "INT32": np.array([-(2**31), 2**31 - 1], np.int32),
    "INT64": np.array([-(2**63), 2**63 - 1], np.int64),
    "BOOL": np.array([False, True], np.bool_),
    "FLOAT16": np.array([1.5, -2.0], np.float16),
    "DOUBLE": np.array([0.1, -1e300], np.float64),
    "UINT32": np.array([0, 2**32 - 1], np.uint32),
    "UINT64": np.array([0, 2**64 - 1], np.uint64),
    "BFLOAT16": np.array([1.5, -2.0], np.float32),
}


def model_of(graph: onnx.GraphProto, opset: int = 18, **fields: str) -> onnx.ModelProto:
    model = onnx.ModelProto(ir_version=9, graph=graph, **fields)
    model.opset_import.add(version=opset)
    return model


def small_model() -> onnx.ModelProto:
    """Every kind of field that wagon writes; the names are those that its builder gives."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], name="h"),
        helper.make_node("LeakyRelu", ["h"], ["leakyrelu_0"], name="leakyrelu_0", alpha=0.25),
        helper.make_node("Transpose", ["leakyrelu_0"], ["transpose_0"], name="transpose_0", perm=[1, 0]),
        helper.make_node("Clip", ["transpose_0", "", "const_0"], ["y"], name="clip_0"),
        helper.make_node("Constant", [], ["names"], name="constant_0", value_strings=["a", "\u00e9"]),
        helper.make_node(
            "ConstantOfShape", ["const_1"], ["zeros"], name="constantofshape_0",
            value=onnx.TensorProto(data_type=TensorProto.INT64, dims=[1], raw_data=np.array([-3], np.int64).tobytes()),
        ),
        helper.make_node("Split", ["w"], ["split_0_0", "split_0_1"], name="split_0", axis=1, num_outputs=2),
    ]
    weight = np.arange(6, dtype=np.float32).reshape(3, 2) / 4
    raw = lambda name, array: helper.make_tensor(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.tobytes(), raw=True
    )
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "small",
        inputs=[value("x", TensorProto.FLOAT, ["N", 3])],
        outputs=[
            value("y", TensorProto.FLOAT, [2, "N"]),
            value("names", TensorProto.STRING, [2]),
            value("zeros", TensorProto.INT64, [4, 200]),
            value("split_0_1", TensorProto.FLOAT, [3, 1]),
        ],
        initializer=[
            raw("w", weight), raw("const_0", np.float32(0.5)), raw("const_1", np.array([4, 200], np.int64)),
        ],
        value_info=[
            value("h", TensorProto.FLOAT, ["N", 2]),
            value("leakyrelu_0", TensorProto.FLOAT, ["N", 2]),
            value("transpose_0", TensorProto.FLOAT, [2, "N"]),
            value("split_0_0", TensorProto.FLOAT, [3, 1]),
        ],
    )
    model = model_of(graph, producer_name="wagon", producer_version="0.1")
    model.metadata_props.add(key="value_range", value="[-1, 1]")
    return model


def elements_model(raw: bool) -> onnx.ModelProto:
    """A constant of each element type, in raw_data or in the typed fields, all given out through Identity."""
    nodes, tensors, outputs = [], [], []
    for name, values in ELEMENTS.items():
        code = getattr(TensorProto, name)
        if raw:
            tensor = onnx.TensorProto(data_type=code, dims=[2], name=name)
            if name == "BFLOAT16":  # the upper half of a float32
                values = (values.view(np.uint32) >> 16).astype(np.uint16)
            tensor.raw_data = values.tobytes()
        else:
            tensor = helper.make_tensor(name, code, [2], values)
            assert not tensor.HasField("raw_data")
        tensors.append(tensor)
    tensors.append(helper.make_tensor("STRING", TensorProto.STRING, [2], [b"", "\u00e9".encode()]))
    for tensor in tensors:
        nodes.append(helper.make_node("Identity", [tensor.name], [f"{tensor.name}_out"]))
        outputs.append(helper.make_tensor_value_info(f"{tensor.name}_out", tensor.data_type, [2]))
    return model_of(helper.make_graph(nodes, "elements", [], outputs, tensors))


def foreign_model() -> onnx.ModelProto:
    """What other tools write: doc strings, local functions, another domain, unnamed extents."""
    nodes = [
        helper.make_node("Twice", ["x"], ["t"], domain="my.domain", doc_string="calls a function"),
        helper.make_node("Relu", ["t"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])],
        value_info=[helper.make_tensor_value_info("t", TensorProto.FLOAT, ["B", 3])],
        doc_string="a graph",
    )
    opsets = [helper.make_opsetid("", 19), helper.make_opsetid("my.domain", 1)]
    twice = helper.make_function(
        "my.domain", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], opsets[:1]
    )
    return helper.make_model(graph, opset_imports=opsets, functions=[twice], ir_version=9, doc_string="a model")


def subgraph_model() -> onnx.ModelProto:
    branch = lambda op: helper.make_graph(
        [helper.make_node(op, ["x"], ["b"])], op, [], [helper.make_tensor_value_info("b", TensorProto.FLOAT, [2])]
    )
    node = helper.make_node("If", ["c"], ["y"], name="choice", then_branch=branch("Relu"), else_branch=branch("Neg"))
    value = helper.make_tensor_value_info
    inputs = [value("c", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, [2])]
    return model_of(helper.make_graph([node], "subgraph", inputs, [value("y", TensorProto.FLOAT, [2])]))


def external_model() -> onnx.ModelProto:
    tensor = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")
    value = helper.make_tensor_value_info
    nodes = [helper.make_node("Relu", ["w"], ["y"])]
    return model_of(helper.make_graph(nodes, "external", [], [value("y", TensorProto.FLOAT, [2])], [tensor]))


def overridable_model() -> onnx.ModelProto:
    value = helper.make_tensor_value_info
    nodes = [helper.make_node("Relu", ["w"], ["y"])]
    weight = numpy_helper.from_array(np.zeros(2, np.float32), "w")
    inputs, outputs = [value("w", TensorProto.FLOAT, [2])], [value("y", TensorProto.FLOAT, [2])]
    return model_of(helper.make_graph(nodes, "overridable", inputs, outputs, [weight]))


OPERATORS = """Abs Add And ArgMax ArgMin Atan BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Cos CumSum Div Dropout
Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm Greater GreaterOrEqual
GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual
Log LogSoftmax LpNormalization MatMul Max Mean MeanVarianceNormalization Min Mish Mul Neg Not Or PRelu Pad Pow
Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare Relu Reshape Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Slice Softmax Softplus Softsign
Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Tile Transpose Trilu Unsqueeze Where
Conv ConvTranspose AveragePool MaxPool GlobalAveragePool GlobalMaxPool Resize DepthToSpace SpaceToDepth""".split()

ELEMENT_NAMES = {"float": "float32", "double": "float64"}


# Operators that came later than opset 18, or changed.
OPSETS = {"Gelu": 20, "GroupNormalization": 21}


def operator_schema(name: str) -> dict:
    """Arity, attribute kinds and the element types of input 0, as of opset 18 or the one given above."""
    schema = onnx.defs.get_schema(name, OPSETS.get(name, 18))
    constraints = {constraint.type_param_str: constraint.allowed_type_strs for constraint in schema.type_constraints}

    allowed = constraints.get(schema.inputs[0].type_str, []) if schema.inputs else []
    plain = [text[len("tensor("):-1] for text in allowed if text.startswith("tensor(")]
    elements = sorted(ELEMENT_NAMES.get(text, text) for text in plain if not text.startswith("complex"))
    return {
        "min_inputs": schema.min_input,
        "max_inputs": schema.max_input,
        "min_outputs": schema.min_output,
        "max_outputs": schema.max_output,
        "attributes": {key: value.type.name.lower() for key, value in sorted(schema.attributes.items())},
        "elements": " ".join(elements),
    }


def main() -> None:
    models = {
        "small": small_model(),
        "elements_raw": elements_model(raw=True),
        "elements_typed": elements_model(raw=False),
        "foreign": foreign_model(),
        "subgraph": subgraph_model(),
        "external": external_model(),
        "overridable": overridable_model(),
    }
    for name, model in models.items():
        if name != "external":
            onnx.checker.check_model(model, full_check=True)
    out = {"onnx": onnx.__version__} | {
        name: base64.b64encode(model.SerializeToString(deterministic=True)).decode() for name, model in models.items()
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(out, indent=2) + "\n")
    SCHEMAS.write_text(json.dumps({name: operator_schema(name) for name in OPERATORS}, indent=2) + "\n")


if __name__ == "__main__":
    main()
