"""Makes test/goldens/windows.safetensors: convolutions, pools and resizing by PyTorch (torch 2.15, CPU, float64).

    OMP_NUM_THREADS=1 python scripts/goldens/make_window_goldens.py

Needs torch, numpy and safetensors. Inputs are drawn by the Philox of make_pytorch_goldens.py, uniform in [-1, 1),
from seed 21, purpose "probe", the case as counter and the tensor as shard (x, w, b, then the gradient g of y), so that
the file holds results only: `I.y`, and the gradients of sum(g y), `I.x`, `I.w`, `I.b`, of case I. The metadata `cases`
says for each which ONNX operator with which attributes and constant inputs it is.
"""
import itertools
import json

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from make_pytorch_goldens import GOLDENS, PURPOSES, uniform

SEED = 21
PURPOSES["probe"] = 9


def draw(shape, case, tensor):
    values = uniform(tuple(shape), SEED, "probe", case, tensor, -1.0, 1.0)
    return torch.from_numpy(values).double().requires_grad_()


def both(values):
    """ONNX writes the padding of all axes before, then of all axes after."""
    return [*values, *values]


def convolutions():
    grid = itertools.product([1, 2, 3], [0, 1], [1, 2], [1, 2])
    for stride, pad, dilation, groups in grid:
        s, p, d = [stride, 1], [pad, 1], [dilation, 1]
        shared = {"strides": s, "pads": both(p), "dilations": d, "group": groups}
        yield {
            "op": "Conv", "shapes": [[2, 4, 6, 4], [4, 4 // groups, 3, 2], [4]], "attributes": shared,
        }, lambda x, w, b, s=s, p=p, d=d, g=groups: F.conv2d(x, w, b, s, p, d, g)
        added = [stride - 1, 0]
        yield {
            "op": "ConvTranspose", "shapes": [[2, 4, 3, 3], [4, 4 // groups, 3, 2], [4]],
            "attributes": shared | {"output_padding": added},
        }, lambda x, w, b, s=s, p=p, d=d, g=groups, o=added: F.conv_transpose2d(x, w, b, s, p, o, g, d)
    for stride, dilation, groups in itertools.product([1, 2], [1, 2], [1, 3]):
        shared = {"strides": [stride], "pads": [2, 2], "dilations": [dilation], "group": groups}
        yield {
            "op": "Conv", "shapes": [[2, 3, 7], [6, 3 // groups, 3]], "attributes": shared,
        }, lambda x, w, s=stride, d=dilation, g=groups: F.conv1d(x, w, None, s, 2, d, g)
        yield {
            "op": "ConvTranspose", "shapes": [[2, 3, 5], [3, 2, 3]],
            "attributes": shared | {"output_padding": [stride - 1]},
        }, lambda x, w, s=stride, d=dilation, g=groups: F.conv_transpose1d(x, w, None, s, 2, s - 1, g, d)


def pools():
    grid = itertools.product([2, 3], [1, 2, 3], [0, 1], [False, True])
    for kernel, stride, pad, ceil in grid:
        shape = [2, 2, 8, 5]
        shared = {
            "kernel_shape": [kernel, 2], "strides": [stride, 2], "pads": both([pad, 1]), "ceil_mode": int(ceil),
        }
        if ceil and any(starts_outside(extent, *axis) for extent, *axis in [
            (shape[2], kernel, stride, pad), (shape[3], 2, 2, 1),
        ]):
            continue
        for counts in (False, True):
            yield {
                "op": "AveragePool", "shapes": [shape], "attributes": shared | {"count_include_pad": int(counts)},
            }, lambda x, k=kernel, s=stride, p=pad, c=ceil, i=counts: F.avg_pool2d(x, [k, 2], [s, 2], [p, 1], c, i)
        for dilation in (1, 2):
            if ceil and dilation == 2:
                continue
            yield {
                "op": "MaxPool", "shapes": [shape], "attributes": shared | {"dilations": [dilation, 1]},
            }, lambda x, k=kernel, s=stride, p=pad, c=ceil, d=dilation: F.max_pool2d(x, [k, 2], [s, 2], [p, 1], [d, 1], c)
    yield {"op": "AveragePool", "shapes": [[2, 3, 7]], "attributes": {"kernel_shape": [3], "strides": [2]}}, \
        lambda x: F.avg_pool1d(x, 3, 2)
    yield {"op": "MaxPool", "shapes": [[2, 3, 7]], "attributes": {"kernel_shape": [3], "strides": [2]}}, \
        lambda x: F.max_pool1d(x, 3, 2)
    yield {"op": "GlobalAveragePool", "shapes": [[2, 3, 4, 5]]}, lambda x: F.adaptive_avg_pool2d(x, 1)
    yield {"op": "GlobalMaxPool", "shapes": [[2, 3, 4, 5]]}, lambda x: F.adaptive_max_pool2d(x, 1)


def starts_outside(extent, kernel, stride, pad):
    """Whether ceil_mode adds a window in the padding alone, which wagon refuses."""
    count = -(-(extent + 2 * pad - kernel) // stride) + 1
    return (count - 1) * stride - pad >= extent


# Nearest neighbours that hang on rounding are left out, and so are outputs of one element: there ONNX defines
# pytorch_half_pixel otherwise than PyTorch computes.
INTERPOLATIONS = [
    ("nearest", None, {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
    ("nearest-exact", None, {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}),
    ("linear", False, {"coordinate_transformation_mode": "pytorch_half_pixel", "mode": "linear"}),
    ("linear", True, {"coordinate_transformation_mode": "align_corners", "mode": "linear"}),
]


def resizes():
    for mode, corners, attributes in INTERPOLATIONS:
        for scale in ([2.0, 2.0], [3.0, 1.5], [0.5, 2.5], [1.25, 0.75]):
            planar = "bilinear" if mode == "linear" else mode
            yield {
                "op": "Resize", "shapes": [[2, 2, 4, 4]], "scales": [1.0, 1.0, *scale], "attributes": attributes,
            }, lambda x, m=planar, c=corners, s=scale: F.interpolate(x, scale_factor=s, mode=m, align_corners=c)
        for size in ([7, 3], [2, 9]):
            planar = "bilinear" if mode == "linear" else mode
            yield {
                "op": "Resize", "shapes": [[1, 2, 5, 4]], "sizes": [1, 2, *size], "attributes": attributes,
            }, lambda x, m=planar, c=corners, s=size: F.interpolate(x, size=s, mode=m, align_corners=c)
        yield {
            "op": "Resize", "shapes": [[2, 3, 5]], "sizes": [2, 3, 8], "attributes": attributes,
        }, lambda x, m=mode, c=corners: F.interpolate(x, size=8, mode=m, align_corners=c)


def blocks():
    yield {"op": "DepthToSpace", "shapes": [[2, 12, 2, 3]], "attributes": {"blocksize": 2, "mode": "CRD"}}, \
        lambda x: F.pixel_shuffle(x, 2)


def main():
    torch.set_num_threads(1)
    cases, arrays = [], {}
    for i, (case, compute) in enumerate([*convolutions(), *pools(), *resizes(), *blocks()]):
        inputs = [draw(shape, i, k) for k, shape in enumerate(case["shapes"])]
        y = compute(*inputs)
        g = draw(y.shape, i, len(inputs)).detach()
        gradients = torch.autograd.grad((g * y).sum(), inputs)
        arrays[f"{i}.y"] = y.detach().numpy()
        arrays |= {f"{i}.{name}": d.numpy() for name, d in zip("xwb", gradients)}
        cases.append(case)
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path = GOLDENS / "windows.safetensors"
    save_file(arrays, path, {"cases": json.dumps(cases), "seed": str(SEED), "torch": torch.__version__.split("+")[0]})
    path.chmod(0o644)
    print(len(cases), "cases,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
