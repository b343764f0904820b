"""Makes test/scripts/goldens/archives.json: archives that setup-gpu takes ONNX Runtime's CUDA provider from.

    python scripts/goldens/make_archive_goldens.py

Name to the file's bytes in base64, written by Python's zipfile as wheels are. In place of libraries stand the names
that their string tables hold.
"""
import base64
import io
import json
import pathlib
import zipfile

OUT = pathlib.Path(__file__).parents[2] / "test" / "scripts" / "goldens" / "archives.json"
FOLDER = "onnxruntime/capi"
CUDA = f"{FOLDER}/libonnxruntime_providers_cuda.so"
SHARED = f"{FOLDER}/libonnxruntime_providers_shared.so"


def library(needed: str) -> bytes:
    return b"\0".join([b"\x7fELF", b"libcublas.so.9", needed.encode(), b"libdl.so.2", bytes(5000)])


def archive(files: dict[str, bytes]) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            zipped.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return base64.b64encode(out.getvalue()).decode()


def main() -> None:
    plain = library("libm.so.6")
    archives = {
        "onnxruntime_gpu-1.30.0-cuda13.whl": archive(
            {f"{FOLDER}/other.so": library("libcudart.so.12"), SHARED: plain, CUDA: library("libcudart.so.13")}
        ),
        "onnxruntime_gpu-1.30.0-cuda11.whl": archive({SHARED: plain, CUDA: library("libcudart.so.11.0")}),
        "microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg": archive({SHARED: plain}),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(archives, indent=2) + "\n")


if __name__ == "__main__":
    main()
