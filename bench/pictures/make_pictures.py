"""Writes pictures of 40 to 200 pixels into a folder, half of them JPEG, half PNG: the same ones each time.

With Pillow and NumPy: python bench/pictures/make_pictures.py FOLDER COUNT
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image


def picture(i: int) -> Image.Image:
    """Soft shapes with some noise, as photos have; every tenth is grey, and every tenth PNG has alpha."""
    random = np.random.default_rng(i)
    height, width = (int(side) for side in random.integers(40, 201, 2))
    y, x = np.mgrid[0:height, 0:width] / 50
    waves = random.uniform(-3, 3, (3, 3))
    tones = np.stack([np.sin(a * x + b * y + c) for a, b, c in waves], -1) * 90 + 128
    tones = np.clip(tones + random.normal(0, 6, tones.shape), 0, 255).astype(np.uint8)
    if i % 10 == 5:
        return Image.fromarray(tones[..., 0])
    if i % 20 == 4:
        return Image.fromarray(np.concatenate([tones, tones[..., :1]], -1))
    return Image.fromarray(tones)


def main(folder: str, count: str) -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for i in range(int(count)):
        if i % 2 == 0:
            picture(i).save(out / f"{i:05}.png")
        else:
            picture(i).save(out / f"{i:05}.jpg", quality=90, progressive=i % 4 == 3)


if __name__ == "__main__":
    main(*sys.argv[1:])
