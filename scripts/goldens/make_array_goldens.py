"""Makes test/coordinator/data/goldens/arrays.json: NPY files of every type and layout, and what NumPy reads in them.

    python scripts/goldens/make_array_goldens.py

Needs numpy. `files`: name to the file (base64), the axes that --layout names, and the examples that are right: axes in
the order N C D T H W, a single channel's axis left out. `scaled`: data of columns and of channels, which of them are held out, and the
offsets and factors of their training part: (min + max) / 2 and (max - min) / 2, and mean and population's standard
deviation, as scikit-learn's MinMaxScaler (-1, 1) and StandardScaler have them.
"""
import base64
import io
import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "test" / "coordinator" / "data" / "goldens" / "arrays.json"
ORDER = "NCDTHW"
TYPES = ["|i1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4", "<i8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|u1"]


def npy(array: np.ndarray) -> str:
    out = io.BytesIO()
    np.save(out, array)
    return base64.b64encode(out.getvalue()).decode()


def right(array: np.ndarray, axes: str) -> np.ndarray:
    if "N" not in axes:
        array, axes = array[None], "N" + axes
    order = [letter for letter in ORDER if letter in axes]
    turned = array.transpose([axes.index(letter) for letter in order])
    if "C" in axes and len(axes) > 2 and turned.shape[1] == 1:
        turned = turned[:, 0]
    return turned


def case(array: np.ndarray, axes: str) -> dict:
    examples = right(array, axes)
    is_tones = array.dtype == np.uint8 and "H" in axes and "W" in axes
    examples = np.ascontiguousarray(examples.astype(np.uint8 if is_tones else "<f4"))
    return {"npy": npy(array), "axes": axes, "shape": examples.shape, "bytes": base64.b64encode(examples.tobytes()).decode()}


def files() -> dict[str, dict]:
    rng = np.random.default_rng(7)
    cases = {}
    for name in TYPES:
        signed = name[1] in "if"
        values = rng.integers(-100 if signed else 0, 100, (5, 4, 3))
        cases[f"{name} NTC"] = case(values.astype(name), "NTC")
    shapes = {
        "NC": (4, 3), "NT": (4, 6), "NHW": (3, 4, 5), "NWH": (3, 4, 5), "NHWC": (2, 3, 4, 5), "NCHW": (2, 5, 3, 4),
        "HWCN": (3, 4, 2, 5), "NTC": (3, 6, 1), "NCT": (3, 2, 6), "NDHWC": (2, 2, 3, 4, 3), "NCDHW": (2, 1, 2, 3, 4),
        "NCDTHW": (2, 2, 2, 2, 2, 3), "HW": (3, 4), "TC": (5, 2),
    }
    for axes, shape in shapes.items():
        values = rng.standard_normal(shape).astype("<f4")
        cases[f"<f4 {axes}"] = case(values, axes)
        cases[f"<f4 {axes} fortran"] = case(np.asfortranarray(values), axes)
    for axes in ["NHWC", "NCHW", "NWH"]:
        values = rng.integers(0, 256, shapes[axes]).astype("|u1")
        cases[f"|u1 {axes}"] = case(values, axes)
    return cases


def scalings(data: np.ndarray, held_out: list[int]) -> dict:
    axis = tuple(i for i in range(data.ndim) if i != 1)
    part = np.delete(data, held_out, 0).astype(np.float64)
    low, high = part.min(axis), part.max(axis)
    sd = part.std(axis)
    fits = {"minmax": ((low + high) / 2, (high - low) / 2), "standard": (part.mean(axis), sd)}
    columns = [-1] + [1] * (data.ndim - 2)
    return {
        "shape": data.shape,
        "bytes": base64.b64encode(data.astype("<f4").tobytes()).decode(),
        "held_out": held_out,
        "fits": {
            kind: {
                "offset": offset.tolist(),
                "factor": np.where(high == low, 1.0, factor).tolist(),
                "scaled": base64.b64encode(
                    ((data - offset.reshape(columns)) / np.where(high == low, 1.0, factor).reshape(columns))
                    .astype("<f4").tobytes()
                ).decode(),
            }
            for kind, (offset, factor) in fits.items()
        },
    }


def main() -> None:
    rng = np.random.default_rng(11)
    columns = (rng.standard_normal((40, 4)) * [1, 1e-3, 5e4, 0] + [0, 7, -2e5, 0.1]).astype("<f4")
    series = (rng.standard_normal((12, 2, 9)) * [[[3.0], [1e3]]] + [[[1.0], [-50]]]).astype("<f4")
    scaled = {"columns": scalings(columns, [3, 17, 30]), "channels": scalings(series, [0])}
    OUT.write_text(json.dumps({"files": files(), "scaled": scaled}, indent=1) + "\n")


main()
