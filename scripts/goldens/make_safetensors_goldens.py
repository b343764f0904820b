"""Makes test/goldens/mixed.safetensors with Hugging Face's own package (safetensors 0.8, numpy).

    python scripts/goldens/make_safetensors_goldens.py

With `--read FILE` it instead prints what that package reads from a file, to check one that wagon wrote.
"""
import json
import pathlib
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

GOLDEN = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "mixed.safetensors"

TENSORS = {
    "bytes": np.array([0, 127, 255], dtype=np.uint8),
    "weights": np.array([[1.5, -2.25, 0.1], [3e-40, -0.0, 65504.0]], dtype=np.float32),
    "wide": np.array([np.pi, -1e300], dtype=np.float64),
    "counters": np.array([-(2**63), 2**53 + 1], dtype=np.int64),
    "scalar": np.array(7.5, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
}


def main():
    if sys.argv[1:2] == ["--read"]:
        with safe_open(sys.argv[2], framework="np") as file:
            print(json.dumps(file.metadata(), sort_keys=True))
            for name in file.keys():
                tensor = file.get_tensor(name)
                print(name, tensor.dtype, list(tensor.shape), tensor.reshape(-1)[:8].tolist())
        return
    save_file(TENSORS, GOLDEN, {"format": "np", "text": "größer – 1"})
    GOLDEN.chmod(0o644)


if __name__ == "__main__":
    main()
