"""Times gradient steps of PyTorch eager. Answers questions, one JSON object a line:

    {"kind": "critic" | "generator", "micro_batch": n, "joined": bool, "repeats": n}  ->  {"ms": milliseconds a step}
"""
import json
import sys
import time

import torch

import torch_wgan

FEATURES = 784


class Peer:
    def __init__(self):
        self.critic = torch_wgan.build_critic(FEATURES)
        self.generator = torch_wgan.build_generator(FEATURES)

    def critic_step(self, n, joined):
        """The fakes' making included; without the optimizer's step."""
        self.critic.requires_grad_(True)
        real = torch.rand(n, FEATURES) * 2 - 1

        def step():
            with torch.no_grad():
                fake = self.generator(torch.randn(n, torch_wgan.LATENT))
            self.critic.zero_grad()
            torch_wgan.critic_loss(self.critic, real, fake, joined).backward()

        return step

    def generator_step(self, n):
        self.critic.requires_grad_(False)

        def step():
            self.generator.zero_grad()
            (-self.critic(self.generator(torch.randn(n, torch_wgan.LATENT))).mean()).backward()

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
    peer = Peer()
    for line in sys.stdin:
        print(json.dumps(peer.answer(**json.loads(line))), flush=True)


main()
