"""Makes test/coordinator/data/goldens/pictures.json: pictures of many kinds, and the tones that Pillow reads in them.

    python scripts/goldens/make_picture_goldens.py

Needs numpy and Pillow with libwebp and libavif. `pictures`: name to the file (base64), its [channels, height, width] and
its tones, upright and on a white ground. `fits`: one picture brought to 12 x 12 by Pillow's box filter, whole or padded.
"""
import base64
import io
import json
import pathlib
import struct

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parents[2] / "test" / "coordinator" / "data" / "goldens" / "pictures.json"


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def smooth(height: int, width: int, channels: int, phase: float) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 110 * np.sin(0.31 * x + 0.7 * c + phase) * np.cos(0.23 * y - c) for c in range(channels)]
    return np.stack(waves, -1).round().astype(np.uint8).squeeze()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


def bmp(width: int, height: int, bits: int, compression: int, masks: list[int], pixels: bytes, palette: bytes = b"") -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0)
    extra = b"".join(struct.pack("<I", mask) for mask in masks) + palette
    begin = 14 + len(header) + len(extra)
    return b"BM" + struct.pack("<IHHI", begin + len(pixels), 0, 0, begin) + header + extra + pixels


def files() -> dict[str, bytes]:
    colour, grey = smooth(18, 22, 3, 0), smooth(18, 22, 1, 1)
    alpha = np.concatenate([colour, smooth(18, 22, 1, 2)[..., None]], -1)
    rgb, l, rgba = Image.fromarray(colour), Image.fromarray(grey), Image.fromarray(alpha)
    p = rgb.quantize(16)
    clear = rgb.quantize(15)
    clear.info["transparency"] = 3
    cmyk = Image.fromarray(smooth(18, 22, 4, 0), "CMYK")
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 256, (40, 50, 3)).astype(np.uint8))
    cases = {
        "lossless.webp": saved(rgb, "WEBP", lossless=True),
        "lossy.webp": saved(rgb, "WEBP", quality=80),
        "lossy_alpha.webp": saved(rgba, "WEBP", quality=90, exact=True),
        "lossless_alpha.webp": saved(rgba, "WEBP", lossless=True, exact=True),
        "grey.webp": saved(l, "WEBP", lossless=True),
        "noise.webp": saved(noise, "WEBP", lossless=True),
        "444.avif": saved(rgb, "AVIF", quality=90, subsampling="4:4:4"),
        "420.avif": saved(rgb, "AVIF", quality=90, subsampling="4:2:0"),
        "alpha.avif": saved(rgba, "AVIF", quality=100, subsampling="4:4:4"),
        "palette.gif": saved(p, "GIF"),
        "interlaced.gif": saved(p, "GIF", interlace=1),
        "plain.gif": saved(p, "GIF", interlace=0),
        "clear.gif": saved(clear, "GIF", transparency=3),
        "two_colours.gif": saved(rgb.quantize(2), "GIF"),
        "full.gif": saved(noise.quantize(256), "GIF"),
        "grey.gif": saved(l, "GIF"),
        "frames.gif": saved(p, "GIF", save_all=True, append_images=[p.rotate(180)]),
        "rgb.bmp": saved(rgb, "BMP"),
        "palette.bmp": saved(p, "BMP"),
        "grey.bmp": saved(l, "BMP"),
        "bits.bmp": saved(l.convert("1"), "BMP"),
        "rgba.bmp": saved(rgba, "BMP"),
        "rgb.tiff": saved(rgb, "TIFF"),
        "rgba.tiff": saved(rgba, "TIFF"),
        "grey.tiff": saved(l, "TIFF"),
        "palette.tiff": saved(p, "TIFF"),
        "bits.tiff": saved(l.convert("1"), "TIFF"),
        "cmyk.tiff": saved(cmyk, "TIFF"),
        "grey16.tiff": saved(Image.fromarray(grey.astype(np.uint16) * 257), "TIFF"),
        "big16.tiff": saved(Image.fromarray((grey.astype(">u2") * 257).astype(">u2")), "TIFF"),
        "cmyk.jpg": saved(cmyk, "JPEG", quality=95),
        "cmyk_progressive.jpg": saved(cmyk, "JPEG", quality=95, progressive=True),
    }
    for compression in ["tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]:
        for name, image in {"rgb": rgb, "grey": l, "noise": noise, "rgba": rgba}.items():
            cases[f"{name}_{compression}.tiff"] = saved(image, "TIFF", compression=compression)
    for name, image in {"rgb": rgb, "grey": l}.items():
        for compression in ["tiff_lzw", "tiff_adobe_deflate"]:
            cases[f"{name}_{compression}_predicted.tiff"] = saved(image, "TIFF", compression=compression, tiffinfo={317: 2})
    cases["strips.tiff"] = saved(noise, "TIFF", compression="tiff_lzw", tiffinfo={278: 7})
    for orientation in range(1, 9):
        cases[f"turned_{orientation}.webp"] = saved(rgb, "WEBP", lossless=True, exif=turned(orientation))
        cases[f"turned_{orientation}.tiff"] = saved(rgb, "TIFF", tiffinfo={274: orientation})
        cases[f"turned_{orientation}.avif"] = saved(rgb, "AVIF", quality=100, subsampling="4:4:4", exif=turned(orientation))
    # Kinds that Pillow reads and does not write.
    words = b"".join(struct.pack("<H", (r >> 3) << 11 | (g >> 2) << 5 | b >> 3) for r, g, b in colour[::-1].reshape(-1, 3))
    cases["565.bmp"] = bmp(22, 18, 16, 3, [0xF800, 0x7E0, 0x1F], words)
    fifteen = b"".join(struct.pack("<H", (r >> 3) << 10 | (g >> 3) << 5 | b >> 3) for r, g, b in colour[::-1].reshape(-1, 3))
    cases["555.bmp"] = bmp(22, 18, 16, 0, [], fifteen)
    cases["top_down.bmp"] = bmp(22, -18, 24, 0, [], b"".join(row[:, ::-1].tobytes() + b"\0\0" for row in colour))
    runs = b"".join(b"\x05\x01\x00\x03\x02\x00\x01\x00\x02\x00\x00\x00" if y % 2 else b"\x0a\x02\x00\x00" for y in range(6)) + b"\x00\x01"
    palette = bytes([0, 0, 0, 0, 0, 0, 255, 0, 10, 200, 30, 0])
    cases["runs.bmp"] = bmp(10, 6, 8, 1, [], runs, palette)
    return cases


def tones(data: bytes) -> np.ndarray:
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    is_grey = image.mode in ("1", "L", "I;16", "I;16B", "I") and image.format not in ("GIF", "BMP")
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.uint32)
        found = ((values * 255 + 32767) // 65535).astype(np.uint8)
    elif image.mode in ("RGBA", "P", "LA") and ("transparency" in image.info or image.mode != "P"):
        rgba = image.convert("RGBA")
        found = np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))
    else:
        found = np.asarray(image.convert("L" if is_grey else "RGB"))
    return np.ascontiguousarray(found[None] if found.ndim == 2 else found.transpose(2, 0, 1))


def is_grey(name: str) -> bool:
    return name.split(".")[0].startswith(("grey", "bits", "big16")) and name.endswith(".tiff")


def fits() -> dict:
    colour = smooth(24, 36, 3, 0)
    image = Image.fromarray(colour)
    padded = Image.new("RGB", (12, 12), (10, 200, 30))
    padded.paste(image.resize((12, 8), Image.BOX), (0, 2))
    array = lambda picture: text(np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1)).tobytes())
    return {
        "png": text(saved(image, "PNG")),
        "squash": array(image.resize((12, 12), Image.BOX)),
        "pad": array(padded),
        "crop": array(image.crop((6, 0, 30, 24)).resize((12, 12), Image.BOX)),
    }


def main() -> None:
    pictures = {}
    for name, data in files().items():
        found = tones(data)
        if not is_grey(name) and found.shape[0] == 1:
            found = np.repeat(found, 3, 0)
        pictures[name] = {"file": text(data), "shape": found.shape, "tones": text(found.tobytes())}
    OUT.write_text(json.dumps({"pictures": pictures, "fits": fits()}, indent=1) + "\n")


main()
