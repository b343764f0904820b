"""Exports a generator and a critic for 28 x 28 images: python docs/examples/export_pair.py (needs torch, onnx, onnxscript)."""
import torch
from torch import nn

generator = nn.Sequential(
    nn.Linear(64, 128 * 7 * 7), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(),
    nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
    nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh(),
)
critic = nn.Sequential(
    nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2),
    nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2),
    nn.Flatten(), nn.Linear(64 * 7 * 7, 1),
)

batch = torch.export.Dim("batch")
for name, network, example in (
    ("generator", generator, torch.randn(2, 64)),
    ("critic", critic, torch.rand(2, 1, 28, 28)),
):
    # optimize=False keeps batch normalisation, which would be folded into its neighbours.
    torch.onnx.export(network.eval(), (example,), f"{name}.onnx", dynamo=True, optimize=False,
                      dynamic_shapes=({0: batch},))
