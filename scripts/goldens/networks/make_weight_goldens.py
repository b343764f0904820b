"""Critics whose weights are easy to mistake, as PyTorch's older exporter writes them, and their gradients in float64.

    python scripts/goldens/networks/make_weight_goldens.py test/models/import/files

Writes weights_NAME.onnx, and weights.safetensors: examples, and for each critic the losses and the gradients of all
parameters in one step of a WGAN, and of a WGAN with gradient penalty where examples do not see each other.
Made with torch 1.13.1, safetensors 0.8.0.
"""
import copy
import sys
import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrizations, weight_norm

warnings.filterwarnings("ignore")
OUT = Path(sys.argv[1])
BATCH, SIDE = 4, 8


class Scalars(nn.Module):
    """A number and a matrix of one number, which are parameters."""

    def __init__(self):
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor(0.375))
        self.shift = nn.Parameter(torch.tensor([[0.5]]))

    def forward(self, x):
        return x * torch.exp(self.temperature) * 0.5 + self.shift


def alike():
    """Copies of one block, each a parameter of its own, one PReLU used twice, and zero biases."""
    block = nn.Conv2d(3, 3, 3, padding=1)
    nn.init.zeros_(block.bias)
    prelu = nn.PReLU(3)
    return nn.Sequential(
        nn.Conv2d(1, 3, 4, 2, 1), prelu, copy.deepcopy(block), nn.Tanh(), copy.deepcopy(block), prelu,
        nn.Flatten(), nn.Linear(48, 1), Scalars(),
    )


class Attention(nn.Module):
    """One block of a transformer; its norms begin equal, as copies of it do altogether."""

    def __init__(self, width=6):
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 9), nn.Linear(9, width)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).split(x.shape[-1], dim=-1)
        x = x + self.out(torch.softmax(q @ k.transpose(1, 2) / x.shape[-1] ** 0.5, -1) @ v)
        return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        block = Attention()
        self.first = nn.Linear(SIDE, 6)
        self.blocks = nn.ModuleList([copy.deepcopy(block) for _ in range(2)])
        self.last = nn.Linear(6, 1)

    def forward(self, x):
        x = self.first(x.squeeze(1))
        for block in self.blocks:
            x = block(x)
        return self.last(x.mean(1))


def spectral():
    """By the parametrization, and by the hook that came before it."""
    return nn.Sequential(
        parametrizations.spectral_norm(nn.Conv2d(1, 4, 4, 2, 1)), nn.LeakyReLU(0.2),
        nn.utils.spectral_norm(nn.Conv2d(4, 5, 4, 2, 1, bias=False)), nn.LeakyReLU(0.2),
        nn.Flatten(), parametrizations.spectral_norm(nn.Linear(20, 1)),
    )


class Equalised(nn.Module):
    """A weight of deviation 1, scaled as it is used (Karras et al., 2018)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = inputs ** -0.5

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.scale, self.bias)


def scaled():
    return nn.Sequential(
        weight_norm(nn.Conv2d(1, 3, 4, 2, 1)), nn.LeakyReLU(0.2), nn.Flatten(),
        Equalised(48, 5), nn.LeakyReLU(0.2), weight_norm(nn.Linear(5, 1)),
    )


class Deviation(nn.Module):
    """The mean deviation over the batch as one more map (Karras et al., 2018)."""

    def forward(self, x):
        centred = x - x.mean(dim=0, keepdim=True)
        deviation = (centred.square().mean(dim=0) + 1e-3).sqrt().mean()
        return torch.cat([x, deviation.expand(x.shape[0], 1, x.shape[2], x.shape[3])], dim=1)


def deviating():
    return nn.Sequential(
        nn.Conv2d(1, 3, 4, 2, 1), nn.LeakyReLU(0.2), Deviation(), nn.Conv2d(4, 4, 3, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(16, 1),
    )


CRITICS = {"alike": alike, "encoder": Encoder, "spectral": spectral, "scaled": scaled, "deviating": deviating}


def export(name, critic):
    torch.onnx.export(
        critic, (torch.zeros(2, 1, SIDE, SIDE),), OUT / f"weights_{name}.onnx",
        input_names=["input"], dynamic_axes={"input": {0: "batch"}}, opset_version=13, verbose=False,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
    )


def steps(name, critic, real, fake, mix, tensors):
    critic = critic.double().eval()
    names, weights = zip(*critic.named_parameters())
    loss = critic(fake).mean() - critic(real).mean()
    losses = {"wgan": loss}
    if name != "deviating":
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        norm = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
        losses["wgan-gp"] = loss + 10 * (norm - 1).square().mean()
    for kind, value in losses.items():
        tensors[f"{name}.{kind}.loss"] = value.detach()
        for key, grad in zip(names, torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)):
            tensors[f"{name}.{kind}.{key}"] = torch.zeros_like(dict(critic.named_parameters())[key]) if grad is None else grad


def main():
    torch.manual_seed(1)
    shape = (BATCH, 1, SIDE, SIDE)
    real, fake, mix = torch.rand(shape) * 2 - 1, torch.rand(shape) * 2 - 1, torch.rand(BATCH, 1, 1, 1)
    real, fake, mix = real.double(), fake.double(), mix.double()
    tensors = {"real": real, "fake": fake, "mix": mix}
    for name, make in CRITICS.items():
        critic = make().eval()
        export(name, critic)
        steps(name, critic, real, fake, mix, tensors)
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, OUT / "weights.safetensors")


main()
