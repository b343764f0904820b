"""Makes test/coordinator/data/goldens/jpegs.json: JPEG files, and what Pillow reads in them.

    python scripts/goldens/make_jpeg_goldens.py

Needs numpy, Pillow and cjpeg (both of libjpeg-turbo). Name to [file (base64), [channels, height, width], SHA-256 of the tones,
channels first]. Subsampling, progressive, restart intervals, quality; colour spaces by Adobe's marker, by JFIF's and
by the components' names alone; all orientations of EXIF, in both orders of bytes.
"""
import base64
import hashlib
import io
import json
import pathlib
import subprocess

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parents[2] / "test" / "coordinator" / "data" / "goldens" / "jpegs.json"
HEIGHT, WIDTH = 19, 27
rng = np.random.default_rng(14)
coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
PHOTO = coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image = PHOTO, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **{"quality": 85, **options})
    return out.getvalue()


def cjpeg(*options: str) -> bytes:
    picture = io.BytesIO()
    PHOTO.save(picture, "PPM")
    return subprocess.run(["cjpeg", *options], input=picture.getvalue(), capture_output=True, check=True).stdout


def without(data: bytes, *markers: int) -> bytes:
    """The file without those of its segments."""
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2:at + 4], "big")
        if data[at + 1] not in markers:
            out += data[at:end]
        at = end
    return out + data[at:]


def renamed(data: bytes, names: bytes) -> bytes:
    """The file with its three components named so, in the frame and in the scan."""
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    out = bytearray(data)
    for i, name in enumerate(names):
        out[frame + 10 + 3 * i] = name
        out[scan + 5 + 2 * i] = name
    return bytes(out)


def exif(orientation: int, order: str) -> bytes:
    little = order == "II"
    number = lambda value, size: value.to_bytes(size, "little" if little else "big")
    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + bytes(2)
    return b"Exif\0\0" + order.encode() + number(42, 2) + number(8, 4) + number(1, 2) + entry + number(0, 4)


def files() -> dict[str, bytes]:
    made = {}
    for sampling, name in enumerate(["444", "422", "420"]):
        for progressive in (False, True):
            for restart in (0, 2):
                options = {"subsampling": sampling, "progressive": progressive}
                made[f"{name}{'-progressive' * progressive}{'-restart' * bool(restart)}"] = jpeg(
                    **options, **({"restart_marker_blocks": restart} if restart else {}))
    grey = PHOTO.convert("L")
    made |= {"grey": jpeg(grey), "grey-progressive": jpeg(grey, progressive=True),
             "grey-restart": jpeg(grey, restart_marker_blocks=1)}
    made |= {"coarse": jpeg(quality=5), "fine": jpeg(quality=100, subsampling=0), "411": jpeg(subsampling="4:1:1")}
    for (width, height) in ((1, 1), (8, 8), (9, 17), (16, 3)):
        made[f"{width}x{height}"] = jpeg(PHOTO.resize((width, height)))
    rgb = jpeg(keep_rgb=True)
    plain = without(jpeg(), 0xE0)
    made |= {
        "rgb-adobe": rgb,
        "rgb-names": without(rgb, 0xE0, 0xEE),
        "rgb-progressive": jpeg(keep_rgb=True, progressive=True),
        "ycc-without-markers": plain,
        "ycc-from-0": renamed(plain, bytes([0, 1, 2])),
        "ycc-odd-names": renamed(plain, bytes([10, 20, 30])),
        "ycc-adobe": plain[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01" + plain[2:],
        "with-more-behind": jpeg() + jpeg(grey),
    }
    made |= {
        "440": cjpeg("-sample", "1x2"),
        "441": cjpeg("-sample", "1x4"),
        "444-of-2x1": cjpeg("-sample", "2x1,2x1,2x1"),
        "grey-of-2x2": cjpeg("-grayscale", "-sample", "2x2"),
        "arithmetic": cjpeg("-arithmetic"),
        "arithmetic-progressive": cjpeg("-arithmetic", "-progressive", "-restart", "1B"),
    }
    for name, data in (("420", jpeg()), ("grey", jpeg(grey)), ("progressive", jpeg(progressive=True))):
        ends = data[:-2], data[-2:]
        made |= {
            f"surplus-{name}-2-bytes": ends[0] + b"AB" + ends[1],
            f"surplus-{name}-zeros": ends[0] + bytes(300) + ends[1],
            f"surplus-{name}-noise": ends[0] + rng.integers(0, 255, 500, dtype=np.uint8).tobytes() + ends[1],
            f"surplus-{name}-mark": ends[0] + b"\xff\xd0" + ends[1],
            f"surplus-{name}-between-segments": data[:20] + bytes(3) + data[20:],
            f"surplus-{name}-fill": data[:2] + b"\xff\xff\xff" + data[2:],
            f"surplus-{name}-behind": data + bytes(100),
            f"{name}-jfif-3": data[:11] + b"\x03" + data[12:],
        }
    for order in ("II", "MM"):
        for orientation in range(1, 9):
            made[f"exif-{order}-{orientation}"] = jpeg(subsampling=0, exif=exif(orientation, order))
    made["exif-grey-6"] = jpeg(grey, exif=exif(6, "MM"))
    made["exif-0"] = jpeg(exif=exif(0, "II"))
    made["exif-9"] = jpeg(exif=exif(9, "MM"))
    made["exif-cut"] = jpeg(exif=exif(6, "II")[:15])
    return made


def read(data: bytes) -> list:
    image = Image.open(io.BytesIO(data))
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:  # EXIF data that end early: the picture as it is
        pass
    tones = np.asarray(image)
    tones = np.ascontiguousarray(tones[None] if tones.ndim == 2 else tones.transpose(2, 0, 1))
    return [base64.b64encode(data).decode(), list(tones.shape), hashlib.sha256(tones.tobytes()).hexdigest()]


if __name__ == "__main__":
    goldens = {"read": {name: read(data) for name, data in files().items()},
               "410": base64.b64encode(cjpeg("-sample", "4x2")).decode(),
               "cmyk": base64.b64encode(jpeg(PHOTO.convert("CMYK"))).decode()}
    OUT.write_text(json.dumps(goldens, indent=1) + "\n")
