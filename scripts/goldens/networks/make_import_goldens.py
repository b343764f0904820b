"""Files of networks as PyTorch exports them, and one training step of each pair in PyTorch, float64.

    python scripts/goldens/networks/make_import_goldens.py test/models/import/files

Writes small .onnx files by both exporters at several opsets, and import.safetensors: for each pair the examples, the
noise, the losses and all gradients of one step of each network, and outputs of the networks in evaluation mode. For a
pair with dropout, exported in training mode, dropout.safetensors holds the same with the masks of that step.
Made with torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, safetensors 0.8.0. Files by Keras: make_keras_goldens.py.
"""
import copy
import sys
import warnings
from pathlib import Path

import onnx
import torch
from safetensors.torch import save_file
from torch import nn

warnings.filterwarnings("ignore")
OUT = Path(sys.argv[1])
BATCH, LATENT, SIDE = 4, 6, 8


class Image(nn.Module):
    def forward(self, x):
        return x.view(-1, 1, SIDE, SIDE)


def mlp_generator():
    return nn.Sequential(
        nn.Linear(LATENT, 12), nn.LeakyReLU(0.2),
        nn.Linear(12, 10), nn.BatchNorm1d(10, eps=1e-3), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(10, SIDE * SIDE), nn.Tanh(), Image(),
    )


def mlp_critic():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(SIDE * SIDE, 9), nn.LeakyReLU(0.2), nn.Linear(9, 7), nn.Softplus(), nn.Linear(7, 1),
    )


class ConvGenerator(nn.Module):
    """Latent [N, L, 1, 1], as DCGAN code has it; shapes are computed from the input's."""

    def __init__(self):
        super().__init__()
        self.first = nn.ConvTranspose2d(LATENT, 6, 4, 1, 0, bias=False)
        self.norm1 = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 5, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(5)
        self.prelu = nn.PReLU()
        self.last = nn.Conv2d(5, 1, 3, padding=1)

    def forward(self, z):
        x = torch.relu(self.norm1(self.first(z)))
        x = nn.functional.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3]), mode="bilinear", align_corners=False)
        x = self.prelu(self.norm2(self.second(x)))
        return torch.tanh(self.last(x)).reshape(z.shape[0], SIDE, SIDE)


class ConvCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 5, 4, 2, 1)
        self.second = nn.Conv2d(5, 6, 4, 2, 1)
        self.norm = nn.GroupNorm(2, 6)
        self.last = nn.Linear(24, 1)

    def forward(self, x):
        x = nn.functional.leaky_relu(self.first(x), 0.2)
        x = nn.functional.gelu(self.norm(self.second(x)))
        weights = torch.softmax(x.mean(dim=(2, 3)), dim=1)
        x = x * weights[:, :, None, None]
        return self.last(x.view(x.size(0), -1)).squeeze(1)


PAIRS = {"mlp": (mlp_generator, mlp_critic), "conv": (ConvGenerator, ConvCritic)}


def enliven(network):
    """Scales, biases and running statistics as after some training: no two tensors equal, none at its start."""
    for name, tensor in network.state_dict().items():
        if tensor.dtype == torch.float32 and tensor.dim() < 2:
            noise = 0.2 * torch.rand(tensor.shape)
            tensor.add_(noise if "var" in name else noise - 0.1)


def noise_of(pair, batch=BATCH):
    return torch.randn(batch, LATENT) if pair == "mlp" else torch.randn(batch, LATENT, 1, 1)


def export(network, example, name, **options):
    torch.onnx.export(network.eval(), (example,), OUT / f"{name}.onnx", input_names=["input"], verbose=False, **options)


def forget_paths(name):
    """The other exporter notes for each node the lines of code that it came from, with paths of this machine."""
    path = OUT / f"{name}.onnx"
    model = onnx.load(path, load_external_data=False)
    for part in (*model.graph.node, *model.graph.value_info):
        kept = [entry for entry in part.metadata_props if not entry.key.endswith("stack_trace")]
        del part.metadata_props[:]
        part.metadata_props.extend(kept)
    path.write_bytes(model.SerializeToString())


def export_all(pair, role, network, example):
    batch = {"dynamic_axes": {"input": {0: "batch"}}}
    keep = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    for opset in (11, 13, 17, 18):
        if pair == "mlp" and opset in (17, 18):
            continue
        export(network, example, f"{pair}_{role}_script{opset}", dynamo=False, opset_version=opset, **batch, **keep)
    shapes = ({0: torch.export.Dim("batch")},)
    export(network, example, f"{pair}_{role}_dynamo", dynamo=True, optimize=False, dynamic_shapes=shapes,
           external_data=pair == "conv")
    forget_paths(f"{pair}_{role}_dynamo")
    if pair == "mlp":
        export(network, example[:1], f"{pair}_{role}_fixed", dynamo=False, opset_version=17, **keep)


def step(pair, generator, critic, tensors):
    """Losses and gradients of one critic step and one generator step of a WGAN, as wagon defines them."""
    shape = (BATCH, 1, SIDE, SIDE)
    z, real = noise_of(pair).double(), torch.rand(shape).double() * 2 - 1
    tensors[f"{pair}.noise"], tensors[f"{pair}.real"] = z.reshape(BATCH, LATENT), real.reshape(BATCH, SIDE, SIDE)
    generator, critic = generator.double(), critic.double()
    generator.eval(), critic.eval()
    tensors[f"{pair}.samples"] = generator(z).detach().reshape(BATCH, SIDE, SIDE)
    tensors[f"{pair}.scores"] = critic(real).detach().reshape(BATCH, 1)
    generator.train(), critic.train()
    for module in generator.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    fake = generator(z).reshape(shape)
    loss = critic(fake.detach()).mean() - critic(real).mean()
    a = torch.rand(BATCH, 1, 1, 1).double()
    tensors[f"{pair}.mix"] = a.reshape(BATCH, 1, 1)
    between = (a * real + (1 - a) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norm = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
    names, weights = zip(*critic.named_parameters())
    for kind, value in {"wgan": loss, "wgan_gp": loss + 10 * (norm - 1).square().mean()}.items():
        tensors[f"{pair}.{kind}.loss"] = value.detach()
        for name, grad in zip(names, torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)):
            tensors[f"{pair}.{kind}.critic.{name}"] = grad if grad is not None else torch.zeros(())
    loss = -critic(fake).mean()
    tensors[f"{pair}.generator.loss"] = loss.detach()
    names, weights = zip(*generator.named_parameters())
    for name, grad in zip(names, torch.autograd.grad(loss, weights)):
        tensors[f"{pair}.generator.{name}"] = grad


def drop_generator():
    # momentum 0: exporting in training mode runs the network, which would move its running statistics.
    return nn.Sequential(
        nn.Linear(LATENT, 12), nn.LeakyReLU(0.2), nn.Dropout(0.25),
        nn.Linear(12, 10), nn.BatchNorm1d(10, eps=1e-3, momentum=0.0), nn.ReLU(), nn.Dropout(0.4),
        nn.Linear(10, SIDE * SIDE), nn.Tanh(), Image(),
    )


def drop_critic():
    return nn.Sequential(
        nn.Conv2d(1, 3, 4, 2, 1), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(48, 7), nn.Softplus(), nn.Dropout(0.5), nn.Linear(7, 1),
    )


def export_dropping(role, network, example):
    """In training mode, as whoever wants dropout in training exports it."""
    how = {"input_names": ["input"], "verbose": False}
    train = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
    batch = {"dynamic_axes": {"input": {0: "batch"}}}
    for opset in (11, 13, 17):
        torch.onnx.export(copy.deepcopy(network).train(), (example,), OUT / f"drop_{role}_script{opset}.onnx",
                          dynamo=False, opset_version=opset, **batch, **train, **how)
    shapes = ({0: torch.export.Dim("batch")},)
    torch.onnx.export(copy.deepcopy(network).train(), (example,), OUT / f"drop_{role}_dynamo.onnx",
                      dynamo=True, optimize=False, dynamic_shapes=shapes, external_data=False, **how)
    forget_paths(f"drop_{role}_dynamo")


def feed_masks(network, drawn):
    """Each Dropout multiplies by a float32 mask, which goes to the end of `drawn`."""
    def forward(x, p):
        mask = (torch.rand(x.shape) >= p).float() / (1 - p)
        drawn.append(mask)
        return x * mask.double()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.forward = lambda x, p=module.p: forward(x, p)


def dropping_step(generator, critic):
    """As `step`, with dropout; `critic.mask_0` and so on in the order in which the passes drop: real and fake at once."""
    shape = (BATCH, 1, SIDE, SIDE)
    generator, critic = generator.double(), critic.double()
    z, real = torch.randn(BATCH, LATENT).double(), torch.rand(shape).double() * 2 - 1
    a = torch.rand(BATCH, 1, 1, 1).double()
    tensors = {"noise": z, "real": real.reshape(BATCH, SIDE, SIDE), "mix": a.reshape(BATCH, 1, 1)}
    generator.eval(), critic.eval()
    tensors["samples"] = generator(z).detach().reshape(BATCH, SIDE, SIDE)
    tensors["scores"] = critic(real).detach()
    generator.train(), critic.train()
    masks = {"generator": [], "critic": []}
    feed_masks(generator, masks["generator"]), feed_masks(critic, masks["critic"])
    fake = generator(z).reshape(shape)
    tensors["fake"] = fake.detach().reshape(BATCH, SIDE, SIDE)
    scores = critic(torch.cat([real, fake.detach()]))
    loss = scores[BATCH:].mean() - scores[:BATCH].mean()
    between = (a * real + (1 - a) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    norm = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
    gradients = lambda value, network: zip(
        (name for name, _ in network.named_parameters()),
        torch.autograd.grad(value, list(network.parameters()), retain_graph=True),
    )
    for kind, value in {"wgan": loss, "wgan_gp": loss + 10 * (norm - 1).square().mean()}.items():
        tensors[f"{kind}.loss"] = value.detach()
        tensors |= {f"{kind}.critic.{name}": grad for name, grad in gradients(value, critic)}
    feed_masks(critic, masks["generator"])
    loss = -critic(fake).mean()
    tensors["generator.loss"] = loss.detach()
    tensors |= {f"generator.generator.{name}": grad for name, grad in gradients(loss, generator)}
    return tensors | {f"{kind}.mask_{i}": mask for kind, drawn in masks.items() for i, mask in enumerate(drawn)}


def main():
    tensors = {}
    torch.manual_seed(20261124)
    for pair, (make_generator, make_critic) in PAIRS.items():
        generator, critic = make_generator(), make_critic()
        enliven(generator), enliven(critic)
        export_all(pair, "generator", generator, noise_of(pair, 3))
        export_all(pair, "critic", critic, torch.rand(3, 1, SIDE, SIDE))
        step(pair, generator, critic, tensors)
    save(tensors, "import.safetensors")
    torch.manual_seed(20261125)
    generator, critic = drop_generator(), drop_critic()
    enliven(generator), enliven(critic)
    export_dropping("generator", generator, noise_of("mlp", 3))
    export_dropping("critic", critic, torch.rand(3, 1, SIDE, SIDE))
    save(dropping_step(generator, critic), "dropout.safetensors")


def save(tensors, name):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, OUT / name)


main()
