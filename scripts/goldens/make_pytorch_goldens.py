"""Makes test/goldens/{wgan,gan,wgan_gp,hinge,lsgan,rpgan}_*.safetensors: ten steps of training by PyTorch (torch 2.15, CPU).

    OMP_NUM_THREADS=1 python scripts/goldens/make_pytorch_goldens.py [NAME...]

makes the named ones, or all.

Needs torch, numpy and safetensors. Nothing of wagon is imported: initial weights, examples and noise are drawn
here by a Philox of its own, from the same keys as the tests draw them, so that the files hold results only.

Each file holds, in float64: `losses` [10, 2] (critic, generator) and for each tensor of both networks its gradient
at the first step (`gradient.NAME`) and its value after the tenth (`final.NAME`; running statistics too).

The file of full-size networks holds, instead of a tensor, its norm and 32 of its entries, and beside it how far
PyTorch's own float32 is from them: `float32.NAME` [2] is the distance of the norm and that of the 32 entries (of
`losses`: both of the whole). It is the largest of nine runs that are the same but for rounding: the rows of each
batch come in another order. One run says too little: where real and fake cancel in exact arithmetic, RMSProp makes
steps out of what rounding has left, in some runs and not in others.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

GOLDENS = pathlib.Path(__file__).parents[2] / "test" / "goldens"
STEPS = 10
REORDERED_RUNS = 8
PURPOSES = {"init": 1, "critic_noise": 3, "generator_noise": 4, "dataset": 5, "mixing": 10, "critic_augment": 42, "generator_augment": 43}

IMAGE = {"batch_norm": True, "slope": 0.2, "output": "tanh"}
PLAIN = {"batch_norm": False, "slope": 0.2, "output": "linear"}
RELU = {"batch_norm": False, "slope": 0.0, "output": "linear"}
PAPER = {"lr": 5e-5, "alpha": 0.99, "eps": 1e-8, "clip": 0.01}
# The paper's clip leaves small networks with losses near 0; here they stay alive for all ten steps.
LIVELY = {"lr": 2e-3, "alpha": 0.99, "eps": 1e-8, "clip": 0.2}
# Those of the papers, and faster ones for small networks.
GAN = {"lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8}
GP = {"lr": 1e-4, "beta1": 0.0, "beta2": 0.9, "eps": 1e-8}

CASES = {
    "wgan_small_paper": {
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": PAPER, "seed": 11, "micro_batch": 6,
    },
    "wgan_small_lively": {
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": LIVELY, "seed": 12, "micro_batch": 6,
    },
    "wgan_small_plane": {
        "critic": {"widths": [2, 9, 9, 1], **RELU},
        "generator": {"widths": [3, 9, 9, 2], **RELU},
        "update": LIVELY, "seed": 13, "micro_batch": 8,
    },
    "wgan_full": {
        "critic": {"widths": [784, 512, 256, 1], **PLAIN},
        "generator": {"widths": [100, 128, 256, 512, 1024, 784], **IMAGE},
        "update": PAPER, "seed": 14, "micro_batch": 16,
    },
    "gan_small": {
        "objective": "gan",
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": GAN | {"lr": 5e-3}, "seed": 15, "micro_batch": 6,
    },
    "wgan_gp_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": GP | {"lr": 5e-3}, "seed": 16, "micro_batch": 6,
    },
    "wgan_gp_small_plane": {
        "objective": "wgan-gp", "penalty": 0.1,
        "critic": {"widths": [2, 9, 9, 1], **RELU},
        "generator": {"widths": [3, 9, 9, 2], **RELU},
        "update": GP | {"lr": 5e-3}, "seed": 17, "micro_batch": 8,
    },
    "hinge_small": {
        "objective": "hinge",
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": GAN | {"lr": 5e-3}, "seed": 41, "micro_batch": 6,
    },
    "lsgan_small": {
        "objective": "lsgan",
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": GAN | {"lr": 5e-3}, "seed": 42, "micro_batch": 6,
    },
    "rpgan_small": {
        "objective": "rpgan", "r1": 0.7, "r2": 0.3,
        "critic": {"widths": [6, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 7, 6], **IMAGE},
        "update": GAN | {"lr": 5e-3}, "seed": 43, "micro_batch": 6,
    },
    "gan_r1_small": {
        "objective": "gan", "r1": 2.0,
        "critic": {"kind": "dcgan_critic", "side": 8, "channels": 1, "width": 4, "batch_norm": False},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 8, "channels": 1, "width": 4},
        "update": GAN | {"lr": 1e-3}, "seed": 44, "micro_batch": 3, "kernel_bound": 0.2,
    },
    "wgan_gp_resnet_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"kind": "resnet_critic", "side": 16, "channels": 2, "width": 2, "pool": "mean"},
        "generator": {"kind": "resnet_generator", "latent": 5, "side": 16, "channels": 2, "width": 2},
        "update": GP | {"lr": 1e-3}, "seed": 45, "micro_batch": 2,
    },
    "hinge_resnet_small": {
        "objective": "hinge",
        "critic": {"kind": "resnet_critic", "side": 64, "channels": 1, "width": 1, "pool": "sum"},
        "generator": {"kind": "resnet_generator", "latent": 3, "side": 64, "channels": 1, "width": 1},
        "update": GP | {"lr": 1e-3}, "seed": 46, "micro_batch": 2,
    },
    "wgan_gp_attention_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {
            "kind": "resnet_critic", "side": 16, "channels": 1, "width": 16, "pool": "mean", "attention": 8,
        },
        "generator": {
            "kind": "resnet_generator", "latent": 3, "side": 16, "channels": 1, "width": 16, "attention": 8,
        },
        "update": GP | {"lr": 1e-3}, "seed": 47, "micro_batch": 2,
    },
    "wgan_gp_series_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"kind": "series_critic", "length": 19, "channels": 2, "width": 2},
        "generator": {"kind": "series_generator", "latent": 3, "length": 19, "channels": 2, "width": 2},
        "update": GP | {"lr": 1e-3}, "seed": 48, "micro_batch": 4,
    },
    "wgan_dcgan_small": {
        "critic": {"kind": "dcgan_critic", "side": 16, "channels": 3, "width": 4, "batch_norm": True},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 16, "channels": 3, "width": 4},
        "update": LIVELY | {"lr": 5e-4}, "seed": 23, "micro_batch": 3, "kernel_bound": 0.2,
    },
    "dcgan_small": {
        "objective": "gan",
        "critic": {"kind": "dcgan_critic", "side": 16, "channels": 1, "width": 4, "batch_norm": True},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 16, "channels": 1, "width": 4},
        "update": GAN | {"lr": 1e-3}, "seed": 24, "micro_batch": 3, "kernel_bound": 0.2,
    },
    "wgan_gp_dcgan_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"kind": "dcgan_critic", "side": 16, "channels": 1, "width": 4, "batch_norm": False},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 16, "channels": 1, "width": 4},
        "update": GP | {"lr": 1e-3}, "seed": 25, "micro_batch": 3, "kernel_bound": 0.2,
    },
    "wgan_gp_augment_small": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"kind": "dcgan_critic", "side": 8, "channels": 3, "width": 4, "batch_norm": False},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 8, "channels": 3, "width": 4},
        "augment": {"policies": ["color", "translation", "cutout"], "image_shape": [3, 8, 8]},
        "update": GP | {"lr": 1e-3}, "seed": 49, "micro_batch": 3, "kernel_bound": 0.2,
    },
    "lsgan_augment_small": {
        "objective": "lsgan", "r1": 0.5, "r2": 1.0,
        "critic": {"widths": [35, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 6, 8, 35], **PLAIN},
        "augment": {"policies": ["color", "translation", "cutout"], "image_shape": [1, 5, 7]},
        "update": GAN | {"lr": 5e-3}, "seed": 50, "micro_batch": 6,
    },
    "wgan_gp_pac_small": {
        "objective": "wgan-gp", "penalty": 10.0, "pac": 3,
        "critic": {"widths": [18, 8, 5, 1], **PLAIN},
        "generator": {"widths": [4, 8, 7, 6], **PLAIN},
        "update": GP | {"lr": 5e-3}, "seed": 51, "micro_batch": 6,
    },
    "lsgan_pac_small": {
        "objective": "lsgan", "r1": 0.5, "r2": 1.0, "pac": 2,
        "critic": {"kind": "dcgan_critic", "side": 8, "channels": 4, "width": 4, "batch_norm": False},
        "generator": {"kind": "dcgan_generator", "latent": 5, "side": 8, "channels": 2, "width": 4},
        "update": GAN | {"lr": 1e-3}, "seed": 52, "micro_batch": 4, "kernel_bound": 0.2,
    },
    "wgan_dcgan_full": {
        "critic": {"kind": "dcgan_critic", "side": 32, "channels": 1, "width": 64, "batch_norm": True},
        "generator": {"kind": "dcgan_generator", "latent": 100, "side": 32, "channels": 1, "width": 64},
        "update": PAPER, "seed": 30, "micro_batch": 8, "kernel_bound": 0.035,
    },
    "gan_full": {
        "objective": "gan",
        "critic": {"widths": [784, 512, 256, 1], **PLAIN},
        "generator": {"widths": [100, 128, 256, 512, 1024, 784], **IMAGE},
        "update": GAN, "seed": 21, "micro_batch": 16,
    },
    "wgan_gp_full": {
        "objective": "wgan-gp", "penalty": 10.0,
        "critic": {"widths": [784, 512, 256, 1], **PLAIN},
        "generator": {"widths": [100, 128, 256, 512, 1024, 784], **IMAGE},
        "update": GP, "seed": 19, "micro_batch": 16,
    },
}


def philox(counters, key):
    """Philox 4x32-10 (Salmon et al. 2011) of counters [n, 4] under a key of two words: words [n, 4]."""
    c = [column.astype(np.uint64) for column in np.asarray(counters, dtype=np.uint64).T]
    mask = np.uint64(0xFFFFFFFF)
    k0, k1 = key
    for _ in range(10):
        p0 = c[0] * np.uint64(0xD2511F53)
        p1 = c[2] * np.uint64(0xCD9E8D57)
        shift = np.uint64(32)
        c = [
            (p1 >> shift) ^ c[1] ^ np.uint64(k0), p1 & mask,
            (p0 >> shift) ^ c[3] ^ np.uint64(k1), p0 & mask,
        ]
        k0 = (k0 + 0x9E3779B9) % 2**32
        k1 = (k1 + 0xBB67AE85) % 2**32
    return np.stack(c, axis=1)


def uniform(shape, seed, purpose, counter, shard, low, high):
    """float32 numbers of [low, high), as random/philox.ts documents fillUniform."""
    count = int(np.prod(shape))
    counters = np.zeros((-(-count // 4), 4), dtype=np.uint64)
    counters[:, 0] = np.arange(len(counters))
    counters[:, 1:] = [shard, counter, PURPOSES[purpose]]
    words = philox(counters, (seed % 2**32, seed // 2**32)).reshape(-1)[:count]
    step = (high - low) * 2.0**-24
    return (low + step * (words >> np.uint64(8)).astype(np.float64)).astype(np.float32).reshape(shape)


def build_dcgan(config, dtype):
    """The WGAN authors' DCGAN; the generator takes flat noise, the critic gives [n, 1]."""
    halvings = int(np.log2(config["side"] / 4))
    maps = [config["width"] * 2**i for i in range(halvings)]
    layers = []
    if config["kind"] == "dcgan_generator":
        wide = [config["latent"], *maps[::-1]]
        for i, (inputs, outputs) in enumerate(zip(wide, wide[1:])):
            scale = (1, 0) if i == 0 else (2, 1)
            layers.append(torch.nn.ConvTranspose2d(inputs, outputs, 4, *scale, bias=False))
            layers += [torch.nn.BatchNorm2d(outputs), torch.nn.ReLU()]
        layers += [torch.nn.ConvTranspose2d(wide[-1], config["channels"], 4, 2, 1, bias=False), torch.nn.Tanh()]
    else:
        wide = [config["channels"], *maps]
        slope = float(np.float32(0.2))
        for i, (inputs, outputs) in enumerate(zip(wide, wide[1:])):
            layers.append(torch.nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False))
            if i > 0 and config["batch_norm"]:
                layers.append(torch.nn.BatchNorm2d(outputs))
            layers.append(torch.nn.LeakyReLU(slope))
        layers += [torch.nn.Conv2d(wide[-1], 1, 4, 1, 0, bias=False), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers).to(dtype)


class SelfAttention(torch.nn.Module):
    """Zhang et al. 2019, section 3: all of f, g, h and v are 1 x 1 convolutions; gamma begins at 0."""

    def __init__(self, features):
        super().__init__()
        inner = max(1, features // 8)
        self.gamma = torch.nn.Parameter(torch.zeros(1))
        for name in "fgh":
            self.add_module(name, torch.nn.Conv2d(features, inner, 1, bias=False))
        self.v = torch.nn.Conv2d(inner, features, 1, bias=False)

    def forward(self, x):
        f, g, h = self.f(x).flatten(2), self.g(x).flatten(2), self.h(x).flatten(2)
        # beta[n, j, i]: how far position j attends to position i
        beta = torch.softmax(torch.einsum("nci,ncj->nji", f, g), dim=2)
        seen = torch.einsum("nji,nci->ncj", beta, h).reshape(len(x), -1, *x.shape[2:])
        return x + self.gamma * self.v(seen)


class UpBlock(torch.nn.Module):
    def __init__(self, inputs, outputs, attention=False):
        super().__init__()
        self.norm1 = torch.nn.BatchNorm2d(inputs)
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm2 = torch.nn.BatchNorm2d(outputs)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = torch.nn.Conv2d(inputs, outputs, 1, bias=False)
        self.attention = SelfAttention(outputs) if attention else torch.nn.Identity()

    def forward(self, x):
        twice = torch.nn.functional.interpolate
        hidden = self.conv1(twice(torch.relu(self.norm1(x)), scale_factor=2, mode="nearest"))
        beside = self.shortcut(twice(x, scale_factor=2, mode="nearest"))
        return self.attention(self.conv2(torch.relu(self.norm2(hidden))) + beside)


class DownBlock(torch.nn.Module):
    def __init__(self, inputs, outputs, scales, first, attention=False):
        super().__init__()
        self.scales, self.first = scales, first
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, padding=1)
        if scales:
            self.shortcut = torch.nn.Conv2d(inputs, outputs, 1)
        self.attention = SelfAttention(outputs) if attention else torch.nn.Identity()

    def forward(self, x):
        out = self.conv2(torch.relu(self.conv1(x if self.first else torch.relu(x))))
        if not self.scales:
            return out + x
        halved = torch.nn.functional.avg_pool2d
        return self.attention(halved(out, 2) + halved(self.shortcut(x), 2))


class ResnetGenerator(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        ups = int(np.log2(config["side"] / 4))
        maps = [config["width"] * (1 if config["side"] <= 32 else min(8, 2 ** (ups - i))) for i in range(ups + 1)]
        self.begin = torch.nn.Linear(config["latent"], maps[0] * 16)
        for i, (inputs, outputs) in enumerate(zip(maps, maps[1:])):
            attention = config.get("attention") == 8 * 2**i
            self.add_module(f"block{i}", UpBlock(inputs, outputs, attention))
        self.norm = torch.nn.BatchNorm2d(maps[-1])
        self.end = torch.nn.Conv2d(maps[-1], config["channels"], 3, padding=1)
        self.blocks = ups

    def forward(self, z):
        x = self.begin(z)
        x = x.reshape(len(x), -1, 4, 4)
        for i in range(self.blocks):
            x = getattr(self, f"block{i}")(x)
        return torch.tanh(self.end(torch.relu(self.norm(x))))


class ResnetCritic(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        small = config["side"] <= 32
        downs = int(np.log2(config["side"] / 4)) - (1 if small else 0)
        times = [1] * (downs + 2) if small else [min(8, 2**i) for i in range(downs + 1)]
        maps = [config["channels"], *[config["width"] * t for t in times]]
        for i, (inputs, outputs) in enumerate(zip(maps, maps[1:])):
            attention = i < downs and config.get("attention") == config["side"] / 2 ** (i + 1)
            self.add_module(f"block{i}", DownBlock(inputs, outputs, i < downs, i == 0, attention))
        self.end = torch.nn.Linear(maps[-1], 1)
        self.blocks, self.pool = len(times), config["pool"]

    def forward(self, x):
        for i in range(self.blocks):
            x = getattr(self, f"block{i}")(x)
        features = torch.relu(x)
        return self.end(features.mean((2, 3)) if self.pool == "mean" else features.sum((2, 3)))


class SeriesBlock(torch.nn.Module):
    """A convolution over time, which doubles the length before it, or halves it."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv = torch.nn.Conv1d(inputs, outputs, 5, stride, 2)


class SeriesGenerator(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.length = config["length"]
        self.blocks = min(8, int(np.log2(self.length / 4)))
        maps = [config["width"] * min(8, 2**i) for i in range(self.blocks, -1, -1)]
        self.shortest = -(-self.length // 2**self.blocks)
        self.begin = torch.nn.Linear(config["latent"], maps[0] * self.shortest)
        for i, (inputs, outputs) in enumerate(zip(maps, maps[1:])):
            self.add_module(f"block{i}", SeriesBlock(inputs, outputs, 1))
        self.end = torch.nn.Conv1d(maps[-1], config["channels"], 5, padding=2)

    def forward(self, z):
        x = self.begin(z).reshape(len(z), -1, self.shortest)
        for i in range(self.blocks):
            twice = torch.nn.functional.interpolate(torch.relu(x), scale_factor=2, mode="nearest")
            x = getattr(self, f"block{i}").conv(twice)
        return self.end(torch.relu(x))[..., : self.length]


class SeriesCritic(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.blocks = min(8, int(np.log2(config["length"] / 4)))
        maps = [config["channels"], *[config["width"] * min(8, 2**i) for i in range(1, self.blocks + 1)]]
        for i, (inputs, outputs) in enumerate(zip(maps, maps[1:])):
            self.add_module(f"block{i}", SeriesBlock(inputs, outputs, 2))
        self.end = torch.nn.Linear(maps[-1] * -(-config["length"] // 2**self.blocks), 1)

    def forward(self, x):
        slope = float(np.float32(0.2))  # ONNX keeps attributes as float32
        for i in range(self.blocks):
            x = torch.nn.functional.leaky_relu(getattr(self, f"block{i}").conv(x), slope)
        return self.end(x.flatten(1))


RESNETS = {
    "resnet_generator": ResnetGenerator, "resnet_critic": ResnetCritic,
    "series_generator": SeriesGenerator, "series_critic": SeriesCritic,
}


def shape_of(config):
    """Of one example that the network takes."""
    if "widths" in config:
        return (config["widths"][0],)
    if config["kind"] in ("resnet_generator", "series_generator"):
        return (config["latent"],)
    if config["kind"] == "series_critic":
        return (config["channels"], config["length"])
    if config["kind"] == "dcgan_generator":
        return (config["latent"], 1, 1)
    return (config["channels"], config["side"], config["side"])


def build(config, dtype):
    if config.get("kind") in RESNETS:
        return RESNETS[config["kind"]](config).to(dtype)
    if "kind" in config:
        return build_dcgan(config, dtype)
    layers = []
    widths = config["widths"]
    slope = float(np.float32(config["slope"]))  # ONNX keeps attributes as float32
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        hidden = i + 2 < len(widths)
        layers.append(torch.nn.Linear(inputs, outputs))
        if hidden and i > 0 and config["batch_norm"]:
            layers.append(torch.nn.BatchNorm1d(outputs))
        if hidden:
            layers.append(torch.nn.LeakyReLU(slope) if slope else torch.nn.ReLU())
    if config["output"] == "tanh":
        layers.append(torch.nn.Tanh())
    return torch.nn.Sequential(*layers).to(dtype)


def initialise_resnet(network, seed, shard):
    """Glorot's uniform numbers, times sqrt 2 before a ReLU's convolution; biases 0."""
    for i, (name, parameter) in enumerate(network.named_parameters()):
        if name.endswith("bias"):
            parameter.data.zero_()
        elif parameter.dim() > 1:
            fan = (parameter.shape[0] + parameter.shape[1]) * parameter[0][0].numel()
            bound = (np.sqrt(2) if ".conv" in name else 1) * np.sqrt(6 / fan)
            values = uniform(tuple(parameter.shape), seed, "init", i, shard, -bound, bound)
            parameter.data.copy_(torch.from_numpy(values))


def initialise(network, seed, shard, kernel_bound):
    """Linear: U(-1/sqrt(in), 1/sqrt(in)), kernels: as the case says; the i-th parameter draws from counter i."""
    if type(network) in RESNETS.values():
        return initialise_resnet(network, seed, shard)
    modules = dict(network.named_modules())
    for i, (name, parameter) in enumerate(network.named_parameters()):
        module = modules[name.rsplit(".", 1)[0]]
        linear = isinstance(module, torch.nn.Linear)
        if linear or isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            bound = 1 / np.sqrt(module.in_features) if linear else kernel_bound
            values = uniform(tuple(parameter.shape), seed, "init", i, shard, -bound, bound)
            parameter.data.copy_(torch.from_numpy(values))


def gradients(network, prefix):
    return {f"gradient.{prefix}.{name}": p.grad.clone() for name, p in network.named_parameters()}


def state(network, prefix):
    return {
        f"final.{prefix}.{name}": tensor.clone() for name, tensor in network.state_dict().items()
        if "num_batches" not in name and not (prefix == "critic" and "running" in name)
    }


def freeze_statistics(network, frozen):
    """Running statistics change at generator steps only."""
    for module in network.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.momentum = 0.0 if frozen else 0.1


def optimizer_of(network, update):
    if "alpha" in update:
        return torch.optim.RMSprop(network.parameters(), lr=update["lr"], alpha=update["alpha"], eps=update["eps"])
    betas = (update["beta1"], update["beta2"])
    return torch.optim.Adam(network.parameters(), lr=update["lr"], betas=betas, eps=update["eps"])


def slope_penalty(critic, examples):
    """Half the mean squared norm of the scores' gradients at these examples."""
    at = examples.detach().clone().requires_grad_()
    scores = critic(at)
    slope, = torch.autograd.grad(scores.sum(), at, create_graph=True)
    return slope.reshape(len(scores), -1).square().sum(1).mean() / 2


def critic_loss(case, critic, real, fake, mix):
    loss = plain_critic_loss(case, critic, real, fake, mix)
    for weight, examples in (("r1", real), ("r2", fake)):
        if weight in case:
            loss = loss + case[weight] * slope_penalty(critic, examples)
    return loss


def plain_critic_loss(case, critic, real, fake, mix):
    objective = case.get("objective", "wgan")
    if objective == "gan":
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
        on_real, on_fake = critic(real), critic(fake)
        return cross_entropy(on_real, torch.ones_like(on_real)) + cross_entropy(on_fake, torch.zeros_like(on_fake))
    if objective == "hinge":
        return torch.nn.functional.relu(1 - critic(real)).mean() + torch.nn.functional.relu(1 + critic(fake)).mean()
    if objective == "lsgan":
        on_real, on_fake = critic(real), critic(fake)
        squared = torch.nn.functional.mse_loss
        return squared(on_real, torch.ones_like(on_real)) / 2 + squared(on_fake, torch.zeros_like(on_fake)) / 2
    if objective == "rpgan":
        on_real, on_fake = critic(real), critic(fake)
        return torch.nn.functional.softplus(on_fake - on_real).mean()
    loss = -critic(real).mean() + critic(fake).mean()
    if case.get("objective") != "wgan-gp":
        return loss
    mixed = (mix * real + (1 - mix) * fake).requires_grad_()
    scores = critic(mixed)
    slope, = torch.autograd.grad(scores.sum(), mixed, create_graph=True)
    norm = (slope.reshape(len(scores), -1).square().sum(1) + 1e-12).sqrt()
    return loss + case["penalty"] * (norm - 1).square().mean()


def generator_loss(case, critic, fake, real):
    if case.get("objective") == "rpgan":
        on_real, on_fake = critic(real), critic(fake)
        return torch.nn.functional.softplus(on_real - on_fake).mean()
    scores = critic(fake)
    if case.get("objective") == "lsgan":
        return torch.nn.functional.mse_loss(scores, torch.ones_like(scores)) / 2
    if case.get("objective") == "gan":
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, torch.ones_like(scores))
    return -scores.mean()


class Augmented:
    """A critic that sees augmented images, as Zhao et al. 2020 define it: each pass takes rows of `numbers`, one an image."""

    def __init__(self, critic, augment):
        self.critic, self.augment, self.numbers = critic, augment, None

    def __call__(self, x):
        rows, self.numbers = self.numbers[: len(x)], self.numbers[len(x):]
        shape = self.augment["image_shape"]
        images = [self.change(image.reshape(shape), row.tolist()) for image, row in zip(x, rows)]
        return self.critic(torch.stack(images).reshape(x.shape))

    def change(self, image, row):
        _, height, width = image.shape
        for policy in self.augment["policies"]:
            if policy == "color":
                brightness, saturation, contrast = [row.pop(0) for _ in range(3)]
                image = image + (brightness - 0.5)
                grey = image.mean(0, keepdim=True)
                image = grey + (image - grey) * (saturation * 2)
                image = image.mean() + (image - image.mean()) * (contrast + 0.5)
            if policy == "translation":
                most = [int(extent / 8 + 0.5) for extent in (height, width)]
                down, right = [int(row.pop(0) * (2 * m + 1)) - m for m in most]
                padded = torch.nn.functional.pad(image, (most[1], most[1], most[0], most[0]))
                image = padded[:, most[0] + down:, most[1] + right:][:, :height, :width]
            if policy == "cutout":
                kept = torch.ones_like(image)
                cut = [int(extent / 2 + 0.5) for extent in (height, width)]
                middle = [int(row.pop(0) * (e + 1 - c % 2)) for e, c in zip((height, width), cut)]
                begin = [m - c // 2 for m, c in zip(middle, cut)]
                kept[:, max(0, begin[0]): begin[0] + cut[0], max(0, begin[1]): begin[1] + cut[1]] = 0
                image = image * kept
        return image


class Packing:
    """A critic that scores packs of examples, as Lin et al. 2018 define it: they come one behind the other."""

    def __init__(self, critic, pac, shape):
        self.critic, self.pac, self.shape = critic, pac, shape

    def __call__(self, x):
        return self.critic(x.reshape(len(x) // self.pac, *self.shape))


def numbers_of(case, purpose, step, passes):
    """float64 of the float32 numbers that the images of a step are augmented by."""
    count = sum({"color": 3, "translation": 2, "cutout": 2}[policy] for policy in case["augment"]["policies"])
    drawn = uniform((passes * case["micro_batch"], count), case["seed"], purpose, step, 0, 0.0, 1.0)
    return torch.from_numpy(drawn).double()


def train(case, dtype, order=None):
    """`order`: a generator that shuffles the rows of each batch, or None to keep them as drawn."""
    seed, n, update = case["seed"], case["micro_batch"], case["update"]
    critic, generator = build(case["critic"], dtype), build(case["generator"], dtype)
    initialise(critic, seed, 0, case.get("kernel_bound"))
    initialise(generator, seed, 1, case.get("kernel_bound"))
    critic_optimizer, generator_optimizer = optimizer_of(critic, update), optimizer_of(generator, update)
    together = None
    seen = Augmented(critic, case["augment"]) if "augment" in case else critic
    example_shape = shape_of(case["critic"])
    if "pac" in case:
        seen = Packing(critic, case["pac"], example_shape)
        example_shape = (example_shape[0] // case["pac"], *example_shape[1:])

    def draw(shape, purpose, counter, low=-1.0):
        """Rows that are mixed with each other keep together in another order."""
        rows = uniform((n, *shape), seed, purpose, counter, 0, low, 1.0)
        if order is not None:
            rows = order.permutation(rows) if together is None else rows[together]
        return torch.from_numpy(rows).to(dtype)

    losses, tensors = [], {}
    for step in range(1, STEPS + 1):
        if order is not None and "penalty" in case:
            together = order.permutation(n)
        real = draw(example_shape, "dataset", step)
        freeze_statistics(generator, True)
        fake = generator(draw(shape_of(case["generator"]), "critic_noise", step)).detach()
        freeze_statistics(generator, False)
        mix = draw([1] * len(example_shape), "mixing", step, 0.0)
        # One number for a pack: that of its first example.
        mix = mix[:: case.get("pac", 1)].repeat_interleave(case.get("pac", 1), 0)
        critic_optimizer.zero_grad()
        if "augment" in case:
            seen.numbers = numbers_of(case, "critic_augment", step, 4)
        loss_critic = critic_loss(case, seen, real, fake, mix)
        loss_critic.backward()
        if step == 1:
            tensors |= gradients(critic, "critic")
        critic_optimizer.step()
        if "clip" in update:
            with torch.no_grad():
                for parameter in critic.parameters():
                    parameter.clamp_(-update["clip"], update["clip"])

        generator_optimizer.zero_grad()
        fake = generator(draw(shape_of(case["generator"]), "generator_noise", step))
        if "augment" in case:
            seen.numbers = numbers_of(case, "generator_augment", step, 2)
        loss_generator = generator_loss(case, seen, fake, real)
        loss_generator.backward()
        if step == 1:
            tensors |= gradients(generator, "generator")
        generator_optimizer.step()
        losses.append([loss_critic.item(), loss_generator.item()])
    tensors |= state(critic, "critic") | state(generator, "generator")
    return {"losses": torch.tensor(losses, dtype=torch.float64)} | tensors


def digest(tensor):
    """The norm, then 32 entries evenly apart (all of them in smaller tensors)."""
    flat = tensor.to(torch.float64).reshape(-1)
    count = min(32, len(flat))
    indices = [k * len(flat) // count for k in range(count)]
    return torch.cat([flat.norm().reshape(1), flat[indices]])


def distances(key, found, exact):
    if key == "losses":
        return [(found - exact).norm().item()] * 2
    return [abs(found[0] - exact[0]).item(), (found[1:] - exact[1:]).norm().item()]


def full_size(case):
    def digests(dtype, order=None):
        return {
            key: tensor if key == "losses" else digest(tensor)
            for key, tensor in train(case, dtype, order).items()
        }

    exact = digests(torch.float64)
    orders = [None] + [np.random.default_rng(k) for k in range(REORDERED_RUNS)]
    runs = [digests(torch.float32, order) for order in orders]
    own = {
        f"float32.{key}": torch.tensor([distances(key, run[key], exact[key]) for run in runs]).amax(0).double()
        for key in exact
    }
    return exact | own


def main():
    torch.set_num_threads(1)
    GOLDENS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        tensors = full_size(case) if name.endswith("_full") else train(case, torch.float64)
        arrays = {key: np.ascontiguousarray(tensor.numpy()) for key, tensor in tensors.items()}
        metadata = {"case": json.dumps(case), "torch": torch.__version__.split("+")[0]}
        path = GOLDENS / f"{name}.safetensors"
        save_file(arrays, path, metadata)
        path.chmod(0o644)
        print(name, arrays["losses"].round(6).tolist())


if __name__ == "__main__":
    main()
