"""Makes test/coordinator/data/goldens/tars.json: archives of pictures by Python's tarfile and zipfile.

    python scripts/goldens/make_tar_goldens.py

Needs numpy and Pillow. `archives`: name to the file (base64, gzip'ed). All hold the same three pictures, whose names
sort as they are listed, a text and files of macOS; `tones`: those of the pictures (base64), channels first.
"""
import base64
import gzip
import io
import json
import pathlib
import tarfile
import zipfile

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parents[2] / "test" / "coordinator" / "data" / "goldens" / "tars.json"
LONG = "a" * 90 + "/" + "b" * 60 + "/" + "c" * 60 + ".png"
NAMES = [LONG, "faces/1.png", "faces/ü.jpg.png"]
OTHERS = {"faces/notes.txt": b"hello", "__MACOSX/faces/._1.png": b"\0\5\26\7", "dataset.json": b'{"labels": [["faces/1.png", 3]]}'}


def picture(i: int) -> np.ndarray:
    y, x = np.mgrid[0:5, 0:6]
    return np.stack([(x * 7 + i * 13) % 256, (y * 5 + i * 29) % 256, ((x + y) * 3 + i * 7) % 256], -1).astype("u1")


def png(i: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture(i)).save(out, "PNG")
    return out.getvalue()


def files() -> list[tuple[str, bytes]]:
    # Not in the order of their names; an older version of one of them comes first.
    pictures = [(name, png(i)) for i, name in enumerate(NAMES)]
    return [("faces/1.png", png(9)), *pictures[::-1], *OTHERS.items()]


def tar(form: int, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        folder = tarfile.TarInfo("faces")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("faces/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "1.png"
        archive.addfile(link)
    return out.getvalue()


def zipped(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("faces/", b"")
        for name, content in files()[1:]:
            archive.writestr(name, content)
    return out.getvalue()


def main() -> None:
    archives = {
        "ustar.tar": tar(tarfile.USTAR_FORMAT, "w"),
        "gnu.tar": tar(tarfile.GNU_FORMAT, "w"),
        "pax.tar": tar(tarfile.PAX_FORMAT, "w"),
        "gnu.tar.gz": tar(tarfile.GNU_FORMAT, "w:gz"),
        "stored.zip": zipped(zipfile.ZIP_STORED),
        "deflated.zip": zipped(zipfile.ZIP_DEFLATED),
    }
    tones = b"".join(np.ascontiguousarray(picture(i).transpose(2, 0, 1)).tobytes() for i in range(3))
    packed = {name: base64.b64encode(gzip.compress(data, mtime=0)).decode() for name, data in archives.items()}
    OUT.write_text(json.dumps({"archives": packed, "tones": base64.b64encode(tones).decode()}, indent=1) + "\n")


main()
