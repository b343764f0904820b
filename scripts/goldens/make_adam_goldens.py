"""Makes test/goldens/adam.safetensors: weights under torch.optim.Adam (torch 2.15, CPU).

    OMP_NUM_THREADS=1 python scripts/goldens/make_adam_goldens.py

Needs torch, numpy and safetensors. Gradients are drawn by the Philox of make_pytorch_goldens.py, from the keys that
the test uses: the file holds results only.

For each case: `CASE.exact` [len(STEPS), WEIGHTS], the weights in float64 after each of STEPS, and `CASE.float32`
[len(STEPS)], how far PyTorch's own float32 is from them (the largest difference).
"""
import json

import numpy as np
import torch
from safetensors.numpy import save_file

from make_pytorch_goldens import GOLDENS, uniform

WEIGHTS = 37
STEPS = [1, 2, 10, 100, 400]
SEED = 31
CASES = {
    "gan": {"lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8},
    "wgan_gp": {"lr": 1e-4, "beta1": 0.0, "beta2": 0.9, "eps": 1e-8},
    "large_eps": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.99, "eps": 1e-2},
}


def gradient(step):
    """Of sizes from 1 down to 1e-9, so that eps counts in some."""
    sizes = (10.0 ** -(np.arange(WEIGHTS) % 10)).astype(np.float32)
    return uniform((WEIGHTS,), SEED, "dataset", step, 0, -1.0, 1.0) * sizes


def train(case, dtype):
    first = uniform((WEIGHTS,), SEED, "init", 0, 0, -1.0, 1.0)
    weights = torch.from_numpy(first).to(dtype).requires_grad_()
    betas = (case["beta1"], case["beta2"])
    optimizer = torch.optim.Adam([weights], lr=case["lr"], betas=betas, eps=case["eps"])
    kept = []
    for step in range(1, STEPS[-1] + 1):
        weights.grad = torch.from_numpy(gradient(step)).to(dtype)
        optimizer.step()
        if step in STEPS:
            kept.append(weights.detach().double().numpy().copy())
    return np.stack(kept)


def main():
    torch.set_num_threads(1)
    arrays = {}
    for name, case in CASES.items():
        exact = train(case, torch.float64)
        arrays[f"{name}.exact"] = exact
        arrays[f"{name}.float32"] = np.abs(train(case, torch.float32) - exact).max(axis=1)
    case = {"cases": CASES, "steps": STEPS, "weights": WEIGHTS, "seed": SEED}
    path = GOLDENS / "adam.safetensors"
    save_file(arrays, path, {"case": json.dumps(case), "torch": torch.__version__.split("+")[0]})
    path.chmod(0o644)
    print({name: values.tolist() for name, values in arrays.items() if name.endswith("float32")})


if __name__ == "__main__":
    main()
