"""The course of the Wasserstein estimate in PyTorch, to hold beside that of a run of wagon.

    OMP_NUM_THREADS=1 python torch_estimate.py --data images-idx3-ubyte.gz --seed 1 --steps 20000

Same networks and hyperparameters as the `wgan` preset, batch normalisation over micro-batches of 16, in one process.
Prints means over 200 steps, and the least of them.
"""
import argparse
import gzip

import numpy
import torch

import torch_wgan as wgan

WINDOW = 200
SHARDS = 4


def load_images(path):
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    pixels = numpy.frombuffer(opened.read()[16:], dtype=numpy.uint8)
    return torch.from_numpy(pixels.astype(numpy.float32).reshape(-1, 784) / 127.5 - 1)


def estimates(images, steps):
    critic, generator = wgan.build_critic(784), wgan.build_generator(784)
    parameters = list(critic.parameters())
    critic_optimizer = torch.optim.RMSprop(parameters, foreach=True, **wgan.RMSPROP)
    generator_optimizer = torch.optim.RMSprop(generator.parameters(), foreach=True, **wgan.RMSPROP)

    def fakes():
        shards = (generator(torch.randn(wgan.BATCH // SHARDS, wgan.LATENT)) for _ in range(SHARDS))
        return torch.cat(list(shards))

    order, at = torch.randperm(len(images)), 0
    for step in range(1, steps + 1):
        if at + wgan.BATCH > len(images):
            order, at = torch.randperm(len(images)), 0
        real, at = images[order[at:at + wgan.BATCH]], at + wgan.BATCH
        with torch.no_grad():
            fake = fakes()
        critic_optimizer.zero_grad()
        scores = critic(torch.cat([real, fake]))
        estimate = scores[:wgan.BATCH].mean() - scores[wgan.BATCH:].mean()
        (-estimate).backward()
        critic_optimizer.step()
        with torch.no_grad():
            torch._foreach_clamp_min_(parameters, -wgan.CLIP)
            torch._foreach_clamp_max_(parameters, wgan.CLIP)
        yield estimate.item()
        if step % wgan.CRITIC_STEPS == 0:
            critic.requires_grad_(False)
            generator_optimizer.zero_grad()
            (-critic(fakes()).mean()).backward()
            generator_optimizer.step()
            critic.requires_grad_(True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20_000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    sums = numpy.concatenate([[0], numpy.cumsum(list(estimates(load_images(arguments.data), arguments.steps)))])
    means = (sums[WINDOW:] - sums[:-WINDOW]) / WINDOW
    quarters = [arguments.steps * i // 4 for i in range(1, 5)]
    print({step: round(float(means[step - WINDOW]), 4) for step in quarters}, "least", round(float(means.min()), 4))


if __name__ == "__main__":
    main()
