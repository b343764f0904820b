"""Times gradient steps of PyTorch eager on one thread, or on the device of the command line (cuda), in float32 without
TF32. There a step ends with its gradients on the processor, as a worker sends them. Answers questions, one JSON object
a line:

    {"model": "wgan" | "wgan-dcgan", "kind": "critic" | "generator", "micro_batch": n, "joined": bool, "repeats": n}  ->  {"ms": milliseconds a step}
"""
import json
import sys
import time

import torch

import torch_dcgan
import torch_wgan

DEVICE = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")


def gather(network):
    """Gradients as one tensor on the processor: waits for the device."""
    if DEVICE.type != "cpu":
        torch.cat([parameter.grad.flatten() for parameter in network.parameters()]).cpu()


class Model:
    """A preset's networks, and their noise and examples: [n, 784], or images of 32 x 32."""

    def __init__(self, name):
        if name == "wgan":
            self.noise, self.example = [torch_wgan.LATENT], [784]
            self.critic, self.generator = torch_wgan.build_critic(784), torch_wgan.build_generator(784)
        else:
            self.noise, self.example = [torch_dcgan.LATENT, 1, 1], [1, 32, 32]
            self.critic, self.generator = torch_dcgan.build_critic(), torch_dcgan.build_generator()
        self.critic.to(DEVICE)
        self.generator.to(DEVICE)

    def critic_step(self, n, joined):
        """The fakes' making included; without the optimizer's step."""
        self.critic.requires_grad_(True)
        real = torch.rand(n, *self.example, device=DEVICE) * 2 - 1

        def step():
            with torch.no_grad():
                fake = self.generator(torch.randn(n, *self.noise, device=DEVICE))
            self.critic.zero_grad()
            torch_wgan.critic_loss(self.critic, real, fake, joined).backward()
            gather(self.critic)

        return step

    def generator_step(self, n):
        self.critic.requires_grad_(False)

        def step():
            self.generator.zero_grad()
            (-self.critic(self.generator(torch.randn(n, *self.noise, device=DEVICE))).mean()).backward()
            gather(self.generator)

        return step

    def answer(self, kind, micro_batch, joined, repeats):
        step = self.critic_step(micro_batch, joined) if kind == "critic" else self.generator_step(micro_batch)
        step()
        start = time.perf_counter()
        for _ in range(repeats):
            step()
        return {"ms": (time.perf_counter() - start) * 1000 / repeats}


def main():
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False
    models = {name: Model(name) for name in ("wgan", "wgan-dcgan")}
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(models[question.pop("model")].answer(**question)), flush=True)


main()
