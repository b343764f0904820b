"""The networks of wagon's `wgan-dcgan` preset in PyTorch, for images of 32 x 32 with one channel."""
from torch import nn

LATENT = 100
WIDTHS = [64, 128, 256]


def build_generator():
    """From noise [n, 100, 1, 1] to images [n, 1, 32, 32]."""
    layers, inputs = [], LATENT
    for i, outputs in enumerate(reversed(WIDTHS)):
        stride, padding = (2, 1) if i > 0 else (1, 0)
        layers += [
            nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
        inputs = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(inputs, 1, 4, 2, 1, bias=False), nn.Tanh())


def build_critic():
    """From images [n, 1, 32, 32] to scores [n, 1, 1, 1]."""
    layers, inputs = [], 1
    for i, outputs in enumerate(WIDTHS):
        layers.append(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False))
        if i > 0:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        inputs = outputs
    return nn.Sequential(*layers, nn.Conv2d(inputs, 1, 4, 1, 0, bias=False))
