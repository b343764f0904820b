"""The networks of wagon's `wgan` preset in PyTorch, and the images that both train on."""
import gzip
import math

import torch
from torch import nn

LATENT = 100
BATCH = 64
CRITIC_STEPS = 5
CLIP = 0.01
RMSPROP = {"lr": 5e-5, "alpha": 0.99, "eps": 1e-8}


def build_generator(features):
    widths = [LATENT, 128, 256, 512, 1024]
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i > 0:
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
    return nn.Sequential(*layers, nn.Linear(widths[-1], features), nn.Tanh())


def build_critic(features):
    return nn.Sequential(
        nn.Linear(features, 512), nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(512, 256), nn.LeakyReLU(0.2, inplace=True),
        nn.Linear(256, 1),
    )


def critic_loss(critic, real, fake, joined):
    """Mean score of fakes minus that of reals. `joined`: both through the critic in one pass."""
    if joined:
        real_scores, fake_scores = critic(torch.cat([real, fake])).split(len(real))
        return fake_scores.mean() - real_scores.mean()
    return critic(fake).mean() - critic(real).mean()


def load_images(path):
    """The images of an IDX file as float32 [n, features] in [-1, 1]."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        content = file.read()
    shape = [int.from_bytes(content[at:at + 4], "big") for at in (4, 8, 12)]
    pixels = torch.frombuffer(bytearray(content[16:]), dtype=torch.uint8)
    return pixels.reshape(shape[0], math.prod(shape[1:])).float() / 127.5 - 1
