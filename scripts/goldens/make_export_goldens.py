"""Writes test/goldens/exports.json: what NumPy saves, what TensorBoard's own loader reads in an event file, and what Pillow sees in
animations, that test/runlog/export/export_example.ts writes, with the SHA-256 of the files that they read.

Run from the repository root with numpy, tensorboard 2 and Pillow: python scripts/goldens/make_export_goldens.py
"""

import base64
import hashlib
import io
import json
import subprocess
import tempfile
from pathlib import Path

import numpy
from PIL import Image, ImageSequence
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

OUT = Path("test/goldens/exports.json")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def value_of(value):
    if value.HasField("simple_value"):
        return {"tag": value.tag, "scalar": value.simple_value}
    image = value.image
    png = image.encoded_image_string
    return {
        "tag": value.tag,
        "width": image.width,
        "height": image.height,
        "channels": image.colorspace,
        "png_sha256": sha256(png),
    }


def events_of(path: Path):
    # The loader checks both checksums of every record, and fails on a wrong one.
    return [
        {
            "wall_time": event.wall_time,
            "step": event.step,
            "file_version": event.file_version,
            "values": [value_of(value) for value in event.summary.value],
        }
        for event in LegacyEventFileLoader(str(path)).Load()
    ]


def frames_of(path: Path):
    with Image.open(path) as image:
        return {
            "loop": image.info["loop"],
            "frames": [
                {
                    "width": frame.width,
                    "height": frame.height,
                    "duration_ms": frame.info["duration"],
                    "rgb": base64.b64encode(frame.convert("RGB").tobytes()).decode(),
                }
                for frame in ImageSequence.Iterator(image)
            ],
        }


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["deno", "run", "-A", "test/runlog/export/export_example.ts", folder], check=True)
    [events] = Path(folder).glob("events.*")
    golden = {"event_file": {"sha256": sha256(events.read_bytes()), "events": events_of(events)}}
    for name in ("grey", "colour"):
        path = Path(folder) / f"{name}.gif"
        golden[name] = {"sha256": sha256(path.read_bytes()), **frames_of(path)}


def npy(array) -> str:
    file = io.BytesIO()
    numpy.save(file, array)
    return base64.b64encode(file.getvalue()).decode()


ramp = numpy.arange(24, dtype=numpy.float32) / 7 - 1
golden["npy"] = {"[24]": npy(ramp), "[2,3,4]": npy(ramp.reshape(2, 3, 4))}
OUT.write_text(json.dumps(golden, indent=1) + "\n")
