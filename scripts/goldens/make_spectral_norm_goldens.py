"""Makes test/goldens/spectral_norm.safetensors: three training steps of spectrally normalised weights by PyTorch.

    python scripts/goldens/make_spectral_norm_goldens.py

Needs torch 2.15 and safetensors. Each step: loss = sum(c * tanh(W / sigma)), W -= 0.1 dloss/dW. In float64, for a
Linear and a Conv weight (NAME): `NAME.c`, `NAME.start`, `NAME.u0`, then per step K = 1, 2, 3
`NAME.lossK`, `NAME.normalisedK`, `NAME.gradientK`, `NAME.uK`.
"""
import pathlib
import warnings

import numpy as np
import torch
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parents[2] / "test" / "goldens" / "spectral_norm.safetensors"
MODULES = {
    "linear": torch.nn.Linear(6, 5, bias=False),
    "conv": torch.nn.Conv2d(3, 4, 2, bias=False),
}


def run(name: str, module: torch.nn.Module, generator: np.random.Generator) -> dict[str, np.ndarray]:
    module = module.double()
    start = generator.normal(0, 0.5, module.weight.shape)
    module.weight.data = torch.tensor(start)
    torch.nn.utils.spectral_norm(module)
    u = generator.normal(0, 1, module.weight.shape[0])
    module.weight_u.copy_(torch.tensor(u / np.linalg.norm(u)))
    c = generator.normal(0, 1, start.shape)
    out = {"start": start, "c": c, "u0": module.weight_u.numpy().copy()}
    for step in (1, 2, 3):
        # The hook that normalises runs before forward; its input does not matter.
        list(module._forward_pre_hooks.values())[0](module, None)
        loss = (torch.tensor(c) * torch.tanh(module.weight)).sum()
        module.weight_orig.grad = None
        loss.backward()
        gradient = module.weight_orig.grad
        out |= {
            f"loss{step}": loss.detach().numpy().reshape(1), f"gradient{step}": gradient.numpy().copy(),
            f"normalised{step}": module.weight.detach().numpy().copy(), f"u{step}": module.weight_u.numpy().copy(),
        }
        module.weight_orig.data -= 0.1 * gradient
    return {f"{name}.{key}": value for key, value in out.items()}


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    rng = np.random.default_rng(3)
    tensors = {}
    for name, module in MODULES.items():
        tensors |= run(name, module, rng)
    save_file(tensors, OUT, metadata={"torch": torch.__version__})
