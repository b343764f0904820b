"""Makes test/goldens/updates.safetensors: gradients clipped by their norm, cosine decay, and averaged weights, by PyTorch.

    OMP_NUM_THREADS=1 python scripts/goldens/make_update_goldens.py

Needs torch (2.15, CPU), numpy and safetensors. Weights and gradients are drawn by the Philox of make_pytorch_goldens.py,
from the keys that the test uses: the file holds results only, in float64.

`clipped.OPTIMIZER` [len(STEPS), WEIGHTS]: the weights after each of STEPS of torch.optim with clip_grad_norm_(MOST), and
`clipped.OPTIMIZER.float32` [len(STEPS)], how far PyTorch's own float32 is from them (the largest difference).
`cosine` [DECAY_STEPS + 1]: the rates of CosineAnnealingLR. `averaged` [WEIGHTS]: AveragedModel after the last step of
`clipped.adam`, moved after each step, and `averaged.float32` [1] as above.
"""
import json

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from make_pytorch_goldens import GOLDENS, uniform

WEIGHTS = 37
STEPS = [1, 2, 10, 100]
SEED = 47
MOST = 2.5
KEEP = 0.9
DECAY_STEPS = 24
LR = 1e-3
OPTIMIZERS = {
    "adam": lambda weights: torch.optim.Adam(weights, lr=LR, betas=(0.5, 0.999), eps=1e-8),
    "rmsprop": lambda weights: torch.optim.RMSprop(weights, lr=LR, alpha=0.99, eps=1e-8),
}


def gradient(step):
    """Norms from about 0.4 to 7: some are clipped, some are not."""
    size = np.float32(2.0 ** (step % 5 - 3))
    return uniform((WEIGHTS,), SEED, "dataset", step, 0, -1.0, 1.0) * size


class Weights(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()
        first = uniform((WEIGHTS,), SEED, "init", 0, 0, -1.0, 1.0)
        self.w = torch.nn.Parameter(torch.from_numpy(first).to(dtype))


def train(name, dtype):
    model = Weights(dtype)
    optimizer = OPTIMIZERS[name](model.parameters())
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(KEEP))
    # The first call copies the weights: those at the start.
    averaged.update_parameters(model)
    kept = []
    for step in range(1, STEPS[-1] + 1):
        model.w.grad = torch.from_numpy(gradient(step)).to(dtype)
        torch.nn.utils.clip_grad_norm_(model.parameters(), MOST)
        optimizer.step()
        averaged.update_parameters(model)
        if step in STEPS:
            kept.append(model.w.detach().double().numpy().copy())
    return np.stack(kept), averaged.module.w.detach().double().numpy().copy()


def cosine():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=DECAY_STEPS)
    rates = [LR]
    for _ in range(DECAY_STEPS):
        optimizer.step()
        schedule.step()
        rates.append(schedule.get_last_lr()[0])
    return np.array(rates)


def main():
    torch.set_num_threads(1)
    arrays = {"cosine": cosine()}
    for name in OPTIMIZERS:
        exact, average = train(name, torch.float64)
        own, own_average = train(name, torch.float32)
        arrays[f"clipped.{name}"] = exact
        arrays[f"clipped.{name}.float32"] = np.abs(own - exact).max(axis=1)
        if name == "adam":
            arrays["averaged"] = average
            arrays["averaged.float32"] = np.abs(own_average - average).max(keepdims=True)
    norms = [float(np.linalg.norm(gradient(step))) for step in range(1, 6)]
    case = {"steps": STEPS, "weights": WEIGHTS, "seed": SEED, "most": MOST, "keep": KEEP, "lr": LR,
            "decay_steps": DECAY_STEPS}
    path = GOLDENS / "updates.safetensors"
    save_file(arrays, path, {"case": json.dumps(case), "torch": torch.__version__.split("+")[0]})
    path.chmod(0o644)
    print(norms, {name: values.tolist() for name, values in arrays.items() if name.endswith("float32")})


main()
