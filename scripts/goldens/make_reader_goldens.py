"""Makes test/coordinator/data/goldens/readers.json: files of data, and what Pillow and NumPy read in them.

    python scripts/goldens/make_reader_goldens.py

Needs numpy and Pillow. `files`: name to the file's bytes. `images`: name to [channels, height, width] and its tones.
`resized`: sides to the tones of `colour.png`'s middle square, resized: smaller by the means of areas (each
pixel cut into side x side), larger by Pillow (BILINEAR). Bytes are base64.
"""
import base64
import io
import json
import pathlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parents[2] / "test" / "coordinator" / "data" / "goldens" / "readers.json"


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def saved(save, *args, **options) -> bytes:
    out = io.BytesIO()
    save(out, *args, **options)
    return out.getvalue()


def smooth(height: int, width: int, channels: int, phase: float) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(0.31 * x + 0.7 * c + phase) * np.cos(0.23 * y - c) for c in range(channels)]
    return np.stack(waves, -1).round().astype(np.uint8).squeeze()


def pictures() -> dict[str, tuple[Image.Image, str, dict]]:
    colour, grey = smooth(18, 22, 3, 0), smooth(18, 22, 1, 1)
    alpha = np.concatenate([colour, smooth(18, 22, 1, 2)[..., None]], -1)
    return {
        "colour.png": (Image.fromarray(colour), "PNG", {}),
        "grey.png": (Image.fromarray(grey), "PNG", {}),
        "alpha.png": (Image.fromarray(alpha, "RGBA"), "PNG", {}),
        "palette.png": (Image.fromarray(colour).quantize(16), "PNG", {}),
        "bits.png": (Image.fromarray(grey > 127), "PNG", {}),
        "grey16.png": (Image.fromarray(grey.astype(np.uint16) * 257), "PNG", {}),
        "colour.jpg": (Image.fromarray(colour), "JPEG", {"quality": 95, "subsampling": 0}),
        "progressive.jpg": (Image.fromarray(colour), "JPEG", {"quality": 95, "subsampling": 0, "progressive": True}),
        "grey.jpeg": (Image.fromarray(grey), "JPEG", {"quality": 95}),
    }


def pixels(name: str, data: bytes) -> dict:
    image = Image.open(io.BytesIO(data))
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode.startswith("I"):
        tones = (np.asarray(image) // 257).astype(np.uint8)
    else:
        tones = np.asarray(image.convert("L" if image.mode in "1L" else "RGB"))
    tones = np.ascontiguousarray(tones[None] if tones.ndim == 2 else tones.transpose(2, 0, 1))
    return {"shape": list(tones.shape), "tones": text(tones.tobytes())}


def mean_of_areas(square: np.ndarray, side: int) -> np.ndarray:
    extent = len(square)
    fine = square.astype(np.float64).repeat(side, 0).repeat(side, 1)
    means = fine.reshape(side, extent, side, extent, -1).mean((1, 3))
    return np.floor(means + 0.5).astype(np.uint8)


def arrays() -> dict[str, bytes]:
    rng = np.random.default_rng(5)
    last = rng.integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    points = rng.normal(0, 1, (7, 3))
    return {
        "grey.npy": saved(np.save, last[..., 0]),
        "last.npy": saved(np.save, last),
        "first.npy": saved(np.save, np.ascontiguousarray(last.transpose(0, 3, 1, 2))),
        "fortran.npy": saved(np.save, np.asfortranarray(last)),
        "points.npy": saved(np.save, points.astype("<f4")),
        "points64.npy": saved(np.save, np.asfortranarray(points.astype(">f8"))),
        "one.npz": saved(np.savez, x=last, labels=np.arange(4)),
        "several.npz": saved(np.savez_compressed, x_train=last, x_test=last[:2], y_train=np.arange(4)),
    }


if __name__ == "__main__":
    files = {name: saved(image.save, kind, **options) for name, (image, kind, options) in pictures().items()}
    images = {name: pixels(name, data) for name, data in files.items()}
    square = Image.open(io.BytesIO(files["colour.png"])).crop((2, 0, 20, 18))
    resized = {}
    for side in (6, 7, 18, 31):
        tones = mean_of_areas(np.asarray(square), side) if side < 18 else np.asarray(
            square.resize((side, side), Image.Resampling.BILINEAR))
        resized[side] = text(tones.transpose(2, 0, 1).tobytes())
    files |= arrays()
    goldens = {"files": {name: text(data) for name, data in files.items()}, "images": images, "resized": resized}
    OUT.write_text(json.dumps(goldens, indent=1) + "\n")
