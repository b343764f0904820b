"""Writes test/models/import/files/lowering/: small networks with operators that wagon writes out while it imports them,
and what ONNX Runtime gives for them (lowering.json).

Run from the repository root with onnx 1.23, onnxruntime 1.32: python scripts/goldens/networks/make_lowering_goldens.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = Path("test/models/import/files/lowering")
BATCH = 3
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
random = np.random.default_rng(7)


def floats(*shape: int, scale: float = 0.6) -> np.ndarray:
    return (random.standard_normal(shape) * scale).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def node(op: str, inputs: str, outputs: str, **attributes):
    """Names are separated by spaces; "-" is one that is left out."""
    names = lambda text: ["" if name == "-" else name for name in text.split()]
    return helper.make_node(op, names(inputs), names(outputs), **attributes)


def graph(nodes, name, inputs, outputs, constants=None):
    value = lambda name, element, shape: helper.make_tensor_value_info(name, element, shape)
    tensors = [numpy_helper.from_array(array, key) for key, array in (constants or {}).items()]
    return helper.make_graph(nodes, name, [value(*i) for i in inputs], [value(*o) for o in outputs], tensors)


def model(nodes, extents, constants, opset=20, batch="N"):
    """One input x [N, extents], one output y."""
    main = graph(nodes, "file", [("x", FLOAT, [batch, *extents])], [("y", FLOAT, None)], constants)
    return helper.make_model(main, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def recurrent(op, gates, directions, hidden, width, more=""):
    """Weights of a recurrent layer."""
    weights = {
        "W": floats(directions, gates * hidden, width),
        "R": floats(directions, gates * hidden, hidden),
        "B": floats(directions, 2 * gates * hidden),
    }
    if "h" in more:
        weights["h0"] = floats(directions, 1, hidden)
    if "c" in more:
        weights["c0"] = floats(directions, 1, hidden)
    if "p" in more:
        weights["P"] = floats(directions, 3 * hidden)
    return weights


def states(*names):
    """An initial state [D, 1, H] repeated for each example."""
    return [
        node("Shape", "x", "n", start=0, end=1),
        node("Concat", "one n one", "times", axis=0),
        *[node("Tile", f"{name}0 times", name) for name in names],
    ]


TIME_FIRST = node("Transpose", "x", "xt", perm=[1, 0, 2])


def gru_reverse():
    nodes = [
        *states("h"),
        TIME_FIRST,
        node("GRU", "xt W R B - h", "- last", hidden_size=2, direction="reverse", linear_before_reset=1),
        node("Squeeze", "last zero", "y"),
    ]
    return model(nodes, [3, 2], {**recurrent("GRU", 3, 1, 2, 2, "h"), "one": ints(1), "zero": ints(0)})


def gru_activations():
    nodes = [
        TIME_FIRST,
        node(
            "GRU",
            "xt W R B",
            "all",
            hidden_size=2,
            direction="bidirectional",
            activations=["HardSigmoid", "LeakyRelu", "Sigmoid", "ScaledTanh"],
            activation_alpha=[0.3, 0.1, 1.5],
            activation_beta=[0.4, 0.5],
        ),
        node("Transpose", "all", "y", perm=[2, 0, 1, 3]),
    ]
    return model(nodes, [2, 1], recurrent("GRU", 3, 2, 2, 1))


def lstm_peepholes():
    nodes = [
        *states("h", "c"),
        TIME_FIRST,
        node("LSTM", "xt W R B lengths h c P", "all h1 c1", hidden_size=2, direction="bidirectional"),
        node("Unsqueeze", "h1 zero", "h2"),
        node("Unsqueeze", "c1 zero", "c2"),
        node("Concat", "all h2 c2", "joined", axis=0),
        node("Transpose", "joined", "y", perm=[2, 0, 1, 3]),
    ]
    weights = {**recurrent("LSTM", 4, 2, 2, 1, "hcp"), "one": ints(1), "zero": ints(0)}
    return model(nodes, [2, 1], {**weights, "lengths": np.full(BATCH, 2, np.int32)})


def rnn_layout(layout):
    """ONNX Runtime has layout 0 only."""
    weights = recurrent("RNN", 1, 2, 2, 1)
    rnn = dict(hidden_size=2, direction="bidirectional", activations=["Relu", "Tanh"])
    if layout == 1:
        nodes = [
            node("RNN", "x W R B", "all last", layout=1, **rnn),
            node("Unsqueeze", "last one", "wide"),
            node("Concat", "all wide", "y", axis=1),
        ]
    else:
        nodes = [
            TIME_FIRST,
            node("RNN", "xt W R B", "all_t last_t", **rnn),
            node("Transpose", "all_t", "all", perm=[2, 0, 1, 3]),
            node("Transpose", "last_t", "last", perm=[1, 0, 2]),
            node("Unsqueeze", "last one", "wide"),
            node("Concat", "all wide", "y", axis=1),
        ]
    return model(nodes, [3, 1], {**weights, "one": ints(1)})


def loop():
    """A layer of weights of the outer graph, three times; every second time through another branch."""
    branch = lambda name, op: graph([node(op, "sum", name)], name, [], [(name, FLOAT, None)])
    body = graph(
        [
            node("MatMul", "h W", "product"),
            node("Add", "product bias", "sum"),
            node("Mod", "i two", "odd"),
            node("Cast", "odd", "is_odd", to=BOOL),
            node("If", "is_odd", "next", then_branch=branch("tanh", "Tanh"), else_branch=branch("sigmoid", "Sigmoid")),
            node("Gather", "x i", "step", axis=1),
            node("Add", "next step", "out"),
            node("Less", "i three", "again"),
            node("Identity", "next", "scanned"),
        ],
        "body",
        [("i", INT, []), ("go", BOOL, []), ("h", FLOAT, None)],
        [("again", BOOL, []), ("out", FLOAT, None), ("scanned", FLOAT, None)],
        {"two": np.array(2, np.int64), "three": np.array(3, np.int64)},
    )
    nodes = [
        node("Gather", "x first", "start", axis=1),
        node("Loop", "trips - start", "last all", body=body),
        node("Transpose", "all", "each", perm=[1, 0, 2]),
        node("Unsqueeze", "last one", "wide"),
        node("Concat", "each wide", "y", axis=1),
    ]
    constants = {
        "W": floats(2, 2),
        "bias": floats(2),
        "trips": np.array(4, np.int64),
        "first": np.array(0, np.int64),
        "one": ints(1),
    }
    return model(nodes, [4, 2], constants)


def scan():
    body = graph(
        [
            node("MatMul", "h W", "product"),
            node("Add", "product step", "sum"),
            node("Mul", "sum other", "mixed"),
            node("Tanh", "mixed", "out"),
            node("Identity", "out", "row"),
        ],
        "body",
        [("h", FLOAT, None), ("step", FLOAT, None), ("other", FLOAT, None)],
        [("out", FLOAT, None), ("row", FLOAT, None)],
    )
    nodes = [
        node("ReduceMean", "x one", "start", keepdims=0),
        TIME_FIRST,
        node(
            "Scan",
            "start x xt",
            "last rows",
            body=body,
            num_scan_inputs=2,
            scan_input_axes=[1, 0],
            scan_input_directions=[0, 1],
            scan_output_axes=[1],
            scan_output_directions=[1],
        ),
        node("Unsqueeze", "last one", "wide"),
        node("Concat", "rows wide", "y", axis=1),
    ]
    return model(nodes, [4, 2], {"W": floats(2, 2), "one": ints(1)})


def sequences():
    nodes = [
        node("Mul", "x w", "h"),
        node("SplitToSequence", "h two", "parts", axis=1),
        node("SequenceAt", "parts minus", "last"),
        node("Tanh", "last", "tanh"),
        node("SequenceErase", "parts minus", "shorter"),
        node("SequenceInsert", "shorter tanh place", "longer"),
        node("SequenceLength", "longer", "count"),
        node("Cast", "count", "count_float", to=FLOAT),
        node("ConcatFromSequence", "longer", "joined", axis=1),
        node("SplitToSequence", "joined", "single", axis=1, keepdims=0),
        node("ConcatFromSequence", "single", "stacked", axis=-1, new_axis=1),
        node("Div", "stacked count_float", "y"),
    ]
    return model(
        nodes,
        [5, 2],
        {
            "w": floats(5, 2),
            "two": np.array(2, np.int64),
            "minus": np.array(-1, np.int64),
            "place": np.array(1, np.int64),
        },
    )


def attention_grouped():
    nodes = [
        node("MatMul", "x Wq", "q"),
        node("MatMul", "x Wk", "k"),
        node("MatMul", "x Wv", "v"),
        node("Attention", "q k v mask", "y", q_num_heads=4, kv_num_heads=2, is_causal=1),
    ]
    return model(nodes, [3, 4], {"Wq": floats(4, 8), "Wk": floats(4, 4), "Wv": floats(4, 6), "mask": floats(3, 3)}, 23)


def attention_masked():
    mask = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]], bool)
    nodes = [
        node("MatMul", "x W", "h"),
        node("Reshape", "h heads", "parted"),
        node("Transpose", "parted", "all", perm=[0, 2, 1, 3]),
        node("Slice", "all zero three two", "k"),
        node("Attention", "all k k mask", "y", scale=0.3),
    ]
    constants = {
        "W": floats(2, 6),
        "heads": ints(0, 0, 2, 3),
        "mask": mask,
        "zero": ints(0),
        "three": ints(3),
        "two": ints(2),
    }
    return model(nodes, [4, 2], constants, 23)


def rms_norm():
    return model([node("RMSNormalization", "x scale", "y", axis=-2, epsilon=0.1)], [2, 4], {"scale": floats(2, 4)}, 23)


def convolution(pads):
    """auto_pad beside dilations, which ONNX Runtime refuses; and the same by pads."""
    how = lambda auto, own: dict(auto_pad=auto) if pads is None else dict(pads=own)
    nodes = [
        node("Conv", "x w b", "h", strides=[2, 1], dilations=[1, 2], **how("SAME_LOWER", [1, 2, 0, 2])),
        node("MaxPool", "h", "pooled", kernel_shape=[2, 3], dilations=[1, 2], **how("SAME_UPPER", [0, 2, 1, 2])),
        node("Tanh", "pooled", "y"),
    ]
    return model(nodes, [1, 4, 5], {"w": floats(2, 1, 3, 3), "b": floats(2)})


def transposed(pads):
    """output_padding up to the dilation, which ONNX Runtime refuses; and the same by Pad."""
    same = dict(strides=[1, 2], dilations=[3, 3], group=2)
    if pads is None:
        nodes = [node("ConvTranspose", "x w b", "y", pads=[1, 1, 1, 0], output_padding=[2, 2], **same)]
    else:
        nodes = [
            node("ConvTranspose", "x w", "h", pads=[1, 1, 0, 0], **same),
            node("Pad", "h more", "padded"),
            node("Add", "padded bias", "y"),
        ]
    weights = {"w": floats(4, 1, 2, 2), "b": floats(2)}
    if pads is not None:
        weights["bias"] = weights.pop("b").reshape(2, 1, 1)
        weights["more"] = ints(0, 0, 0, 0, 0, 0, 1, 2)
    return model(nodes, [4, 3, 3], weights)


def resize(**attributes):
    def make():
        constants = {"w": floats(5)}
        if "scales" in attributes:
            constants["scales"] = np.array(attributes["scales"], np.float32)
        else:
            constants["sizes"] = ints(*attributes["sizes"])
        own = {key: value for key, value in attributes.items() if key not in ("scales", "sizes")}
        inputs = "h - scales" if "scales" in attributes else "h - - sizes"
        return model([node("Mul", "x w", "h"), node("Resize", inputs, "y", **own)], [1, 4, 5], constants, 19)

    return make


def triangle(as_bool):
    """Where a triangle of booleans holds; ONNX Runtime has none of booleans."""
    nodes = [node("Greater", "x zero", "positive")]
    if as_bool:
        nodes += [node("Trilu", "positive k", "kept", upper=0)]
    else:
        nodes += [
            node("Cast", "positive", "number", to=FLOAT),
            node("Trilu", "number k", "kept_number", upper=0),
            node("Cast", "kept_number", "kept", to=BOOL),
        ]
    nodes += [node("Mul", "x w", "h"), node("Where", "kept h zero", "y")]
    return model(nodes, [3, 4], {"w": floats(4), "zero": np.array(0, np.float32), "k": np.array(1, np.int64)})


def indices():
    nodes = [
        node("ArgMax", "x", "place", axis=1, keepdims=0),
        node("Gather", "table place", "row"),
        node("OneHot", "place depth values", "hot", axis=-1),
        node("ArgMin", "x", "lowest", axis=1, keepdims=0),
        node("OneHot", "lowest depth values", "cold", axis=0),
        node("Transpose", "cold", "cold_rows", perm=[1, 0]),
        node("Sign", "x", "sign"),
        node("Mul", "sign x", "size"),
        node("Round", "x", "whole"),
        node("Floor", "x", "low"),
        node("Ceil", "x", "high"),
        node("Sum", "size whole low high hot cold_rows", "sum"),
        node("MatMul", "sum w", "mixed"),
        node("Mul", "mixed row", "y"),
    ]
    constants = {
        "table": floats(4, 2),
        "w": floats(4, 2),
        "depth": np.array(4, np.int64),
        "values": np.array([-0.5, 1.5], np.float32),
    }
    return model(nodes, [4], constants)


def functions():
    nodes = [
        node("Mul", "x w", "h"),
        *[node(op, "h", op) for op in ["Tan", "Sinh", "Cosh", "Atan"]],
        node("Shrink", "h", "shrunk", lambd=0.4, bias=0.25),
        node("Mod", "x w", "rest", fmod=1),
        node("IsNaN", "h", "nan"),
        node("IsInf", "h", "inf", detect_negative=0),
        node("Greater", "h low", "high"),
        node("Xor", "nan high", "either"),
        node("Xor", "inf either", "any"),
        node("Where", "any h x", "chosen"),
        node("Sum", "Tan Sinh Cosh Atan shrunk rest chosen", "y"),
    ]
    return model(nodes, [4], {"w": floats(4, scale=0.4), "low": np.array(0.1, np.float32)})


def loop_list():
    """A list that grows in a loop, as torch.jit.script writes append and stack."""
    element = helper.make_tensor_type_proto(FLOAT, None)
    sequence = lambda name: helper.make_value_info(name, helper.make_sequence_type_proto(element))
    body = graph(
        [
            node("MatMul", "h W", "product"),
            node("Tanh", "product", "next"),
            node("SequenceInsert", "list next", "longer"),
            node("Identity", "go", "again"),
        ],
        "body",
        [("i", INT, []), ("go", BOOL, []), ("h", FLOAT, None)],
        [("again", BOOL, []), ("next", FLOAT, None)],
    )
    body.input.append(sequence("list"))
    body.output.append(sequence("longer"))
    nodes = [
        node("SequenceEmpty", "", "empty"),
        node("Loop", "trips true x empty", "last all", body=body),
        node("ConcatFromSequence", "all", "stacked", axis=1, new_axis=1),
        node("SequenceAt", "all first", "start"),
        node("Unsqueeze", "start one", "wide"),
        node("Mul", "stacked wide", "y"),
    ]
    constants = {
        "W": floats(3, 3),
        "trips": np.array(3, np.int64),
        "true": np.array(True),
        "first": np.array(0, np.int64),
        "one": ints(1),
    }
    return model(nodes, [3], constants)


def reversed_sequences():
    """A bidirectional layer as tf2onnx writes it: lengths of as many sequences as there are examples."""
    lengths = [
        node("Shape", "x", "n", start=0, end=1),
        node("Shape", "x", "steps", start=1, end=2),
        node("Expand", "steps n", "long_lengths"),
        node("Cast", "long_lengths", "lengths", to=TensorProto.INT32),
    ]
    nodes = [
        *lengths,
        TIME_FIRST,
        node("ReverseSequence", "xt long_lengths", "turned", time_axis=0, batch_axis=1),
        node("RNN", "turned W R B lengths", "all last", hidden_size=2),
        node("Squeeze", "all one", "hs"),
        node("ReverseSequence", "hs long_lengths", "back", time_axis=0, batch_axis=1),
        node("Transpose", "back", "y", perm=[1, 0, 2]),
    ]
    return model(nodes, [3, 1], {**recurrent("RNN", 1, 1, 2, 1), "one": ints(1)})


def computed_pads():
    """F.pad as the old exporter writes it, and a branch on the rank."""
    branch = lambda name, op: graph([node(op, "padded", name)], name, [], [(name, FLOAT, None)])
    nodes = [
        node("ConstantOfShape", "four", "zeros", value=helper.make_tensor("v", INT, [1], [0])),
        node("Concat", "given zeros", "all", axis=0),
        node("Reshape", "all pairs", "rows"),
        node("Slice", "rows last first axis back", "turned"),
        node("Transpose", "turned", "columns", perm=[1, 0]),
        node("Reshape", "columns flat", "pads_any"),
        node("Cast", "pads_any", "pads", to=INT),
        node("Mul", "x w", "h"),
        node("Pad", "h pads", "padded", mode="reflect"),
        node("Shape", "x", "shape"),
        node("Gather", "shape one", "rank"),
        node("Equal", "rank two", "is_two"),
        node("If", "is_two", "y", then_branch=branch("a", "Tanh"), else_branch=branch("b", "Exp")),
    ]
    constants = {
        "w": floats(3),
        "four": ints(4),
        "given": ints(1, 2, 0, 1),
        "pairs": ints(-1, 2),
        "last": ints(-1),
        "first": ints(-(2**63)),
        "axis": ints(0),
        "back": ints(-1),
        "flat": ints(-1),
        "one": np.array(1, np.int64),
        "two": np.array(2, np.int64),
    }
    return model(nodes, [2, 3, 3], constants)


def batches():
    """A constant repeated by the batch, squeezes without axes, the batch joined with another axis and parted again."""
    nodes = [
        node("Shape", "x", "n", start=0, end=1),
        node("Concat", "n one two one", "times", axis=0),
        node("Tile", "start times", "many"),
        node("Mul", "many x", "h"),
        node("Mul", "n three", "rows"),
        node("Concat", "rows minus", "flat", axis=0),
        node("Reshape", "h flat", "joined"),
        node("MatMul", "joined W", "mixed"),
        node("Concat", "n three minus", "parted_shape", axis=0),
        node("Reshape", "mixed parted_shape", "parted"),
        node("ReduceSum", "parted axes", "sums"),
        node("Squeeze", "sums", "y"),
    ]
    constants = {
        "start": floats(1, 3, 1, 2),
        "W": floats(4, 2),
        "one": ints(1),
        "two": ints(2),
        "three": ints(3),
        "minus": ints(-1),
        "axes": ints(1, 2),
    }
    return model(nodes, [3, 2, 2], constants)


def baked():
    """The batch of the example as a number: alone, and joined with windows."""
    nodes = [
        node("Reshape", "x windows", "parted"),
        node("Transpose", "parted", "moved", perm=[0, 2, 1, 3]),
        node("Reshape", "moved joined", "rows"),
        node("MatMul", "rows W", "mixed"),
        node("Reshape", "mixed back", "y"),
    ]
    constants = {
        "windows": ints(BATCH, 2, 2, 3),
        "joined": ints(2 * BATCH, 2, 3),
        "back": ints(BATCH, -1),
        "W": floats(3, 2),
    }
    return model(nodes, [4, 3], constants)


def einsum():
    nodes = [
        node("Einsum", "x W", "h", equation="nij,jkl->nikl"),
        node("Tanh", "h", "t"),
        node("Einsum", "t x", "y", equation="nikl,nij->njl"),
    ]
    return model(nodes, [3, 2], {"W": floats(2, 2, 2)})


def largest():
    """Sorted rows, the two smallest of each column with their places, and the largest of all."""
    nodes = [
        node("MatMul", "x W", "h"),
        node("TopK", "h three", "sorted order"),
        node("TopK", "h two", "least place", axis=1, largest=0, sorted=1),
        node("Transpose", "least", "least_t", perm=[0, 2, 1]),
        node("Transpose", "place", "place_t", perm=[0, 2, 1]),
        node("Cast", "place_t", "weight", to=FLOAT),
        node("Mul", "least_t weight", "weighted"),
        node("GatherElements", "x order", "moved", axis=2),
        node("TopK", "h one", "most unused", axis=-2),
        node("Transpose", "most", "most_t", perm=[0, 2, 1]),
        node("Concat", "weighted most_t", "beside", axis=2),
        node("Concat", "sorted beside moved", "y", axis=1),
    ]
    return model(nodes, [4, 3], {"W": floats(3, 3), "one": ints(1), "two": ints(2), "three": ints(3)})


# Each with another network that gives the same in ONNX Runtime, where that cannot run it.
NETWORKS = {
    "gru_reverse": (gru_reverse, None),
    "gru_activations": (gru_activations, None),
    "lstm_peepholes": (lstm_peepholes, None),
    "rnn_layout": (lambda: rnn_layout(1), lambda: rnn_layout(0)),
    "loop": (loop, None),
    "scan": (scan, None),
    "sequences": (sequences, None),
    "attention_grouped": (attention_grouped, None),
    "attention_masked": (attention_masked, None),
    "rms_norm": (rms_norm, None),
    "convolution_same": (lambda: convolution(None), lambda: convolution(True)),
    "transposed_padding": (lambda: transposed(None), lambda: transposed(True)),
    "resize_cubic": (
        resize(mode="cubic", sizes=[BATCH, 1, 6, 3], coordinate_transformation_mode="align_corners"),
        None,
    ),
    "resize_cubic_inside": (resize(mode="cubic", scales=[1, 1, 2, 1.5], cubic_coeff_a=-0.5, exclude_outside=1), None),
    "resize_antialias": (resize(mode="linear", antialias=1, sizes=[BATCH, 1, 3, 4]), None),
    "resize_antialias_cubic": (resize(mode="cubic", antialias=1, sizes=[BATCH, 1, 2, 4], cubic_coeff_a=-0.5), None),
    "triangle": (lambda: triangle(True), lambda: triangle(False)),
    "indices": (indices, None),
    "computed_pads": (computed_pads, None),
    "batches": (batches, None),
    "baked": (baked, None),
    "einsum": (einsum, None),
    "functions": (functions, None),
    "loop_list": (loop_list, None),
    "reversed_sequences": (reversed_sequences, None),
    "largest": (largest, None),
}


def main() -> None:
    global random
    OUT.mkdir(parents=True, exist_ok=True)
    out = {}
    for seed, (name, (make, same)) in enumerate(NETWORKS.items()):
        random = np.random.default_rng(seed)
        network = make()
        random = np.random.default_rng(seed)
        runs = (same or make)()
        (OUT / f"{name}.onnx").write_bytes(network.SerializeToString(deterministic=True))
        extents = [dim.dim_value for dim in network.graph.input[0].type.tensor_type.shape.dim][1:]
        x = np.random.default_rng(100 + seed).uniform(-1.5, 1.5, (BATCH, *extents)).astype(np.float32)
        session = onnxruntime.InferenceSession(runs.SerializeToString(), providers=["CPUExecutionProvider"])
        [y] = session.run(None, {"x": x})
        out[name] = {"x": [list(x.shape), x.flatten().tolist()], "y": [list(y.shape), y.flatten().tolist()]}
    (OUT / "lowering.json").write_text(json.dumps(out) + "\n")  # then deno fmt


if __name__ == "__main__":
    main()
