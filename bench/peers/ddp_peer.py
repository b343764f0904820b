"""The peer of wagon's whole steps: the same WGAN in PyTorch, data-parallel by DistributedDataParallel over gloo.

    OMP_NUM_THREADS=1 python ddp_peer.py --data images-idx3-ubyte --world 2 --threads 1 --steps 500 --warmup 50

One line of JSON: a list with the figures of each variant, or with its error. Same networks, batch 64 over all
processes, RMSProp, clipping, five critic steps for one generator step. Images are float32 in memory beforehand, no
loss is read, and only the network that learns is synchronised: all in PyTorch's favour. One process uses no DDP.
"""
import argparse
import json
import os
import statistics
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

import torch_wgan as wgan

LEAN = {"broadcast_buffers": False, "static_graph": True, "gradient_as_bucket_view": True}
# `joined`: real and fake go through the critic in one pass.
VARIANTS = {
    "defaults": {"ddp": {}, "foreach": False, "joined": False, "compiled": False},
    "joined": {"ddp": {}, "foreach": False, "joined": True, "compiled": False},
    "lean DDP": {"ddp": LEAN, "foreach": False, "joined": False, "compiled": False},
    "lean DDP, joined": {"ddp": LEAN, "foreach": False, "joined": True, "compiled": False},
    "lean DDP, joined, foreach": {"ddp": LEAN, "foreach": True, "joined": True, "compiled": False},
    "lean DDP, joined, foreach, compiled": {"ddp": LEAN, "foreach": True, "joined": True, "compiled": True},
}


class Trainer:
    """`critic_net` and `generator_net` are without DDP, for passes that train the other one."""

    def __init__(self, images, rank, world, ddp, foreach, joined, compiled):
        torch.manual_seed(1)
        critic, generator = wgan.build_critic(images.shape[1]), wgan.build_generator(images.shape[1])
        self.critic_net = torch.compile(critic) if compiled else critic
        self.generator_net = torch.compile(generator) if compiled else generator
        parallel = (lambda net: DistributedDataParallel(net, **ddp)) if world > 1 else (lambda net: net)
        self.critic, self.generator = parallel(self.critic_net), parallel(self.generator_net)
        self.critic_parameters = list(critic.parameters())
        self.critic_optimizer = torch.optim.RMSprop(self.critic_parameters, foreach=foreach, **wgan.RMSPROP)
        self.generator_optimizer = torch.optim.RMSprop(generator.parameters(), foreach=foreach, **wgan.RMSPROP)
        self.foreach, self.joined = foreach, joined
        self.n = wgan.BATCH // world
        self.images = images[rank::world]
        self.order = torch.empty(0, dtype=torch.int64)
        torch.manual_seed(2 + rank)

    def batch(self):
        if len(self.order) < self.n:
            self.order = torch.randperm(len(self.images))
        chosen, self.order = self.order[:self.n], self.order[self.n:]
        return self.images[chosen]

    def critic_step(self):
        real = self.batch()
        with torch.no_grad():
            fake = self.generator_net(torch.randn(self.n, wgan.LATENT))
        self.critic_optimizer.zero_grad()
        wgan.critic_loss(self.critic, real, fake, self.joined).backward()
        self.critic_optimizer.step()
        with torch.no_grad():
            if self.foreach:
                torch._foreach_clamp_min_(self.critic_parameters, -wgan.CLIP)
                torch._foreach_clamp_max_(self.critic_parameters, wgan.CLIP)
            else:
                for parameter in self.critic_parameters:
                    parameter.clamp_(-wgan.CLIP, wgan.CLIP)

    def generator_step(self):
        self.critic_net.requires_grad_(False)
        self.generator_optimizer.zero_grad()
        (-self.critic_net(self.generator(torch.randn(self.n, wgan.LATENT))).mean()).backward()
        self.generator_optimizer.step()
        self.critic_net.requires_grad_(True)

    def step(self, number):
        self.critic_step()
        if number % wgan.CRITIC_STEPS == 0:
            self.generator_step()


def measure(trainer, warmup, steps, world):
    for number in range(1, warmup + 1):
        trainer.step(number)
    if world > 1:
        dist.barrier()
    times = [time.perf_counter()]
    for number in range(warmup + 1, warmup + steps + 1):
        trainer.step(number)
        times.append(time.perf_counter())
    step_ms = [(b - a) * 1000 for a, b in zip(times, times[1:])]
    with_generator = [(warmup + 1 + i) % wgan.CRITIC_STEPS == 0 for i in range(steps)]
    critic = sorted(ms for ms, both in zip(step_ms, with_generator) if not both)
    generator = [ms for ms, both in zip(step_ms, with_generator) if both]
    return {
        "images_per_second": steps * wgan.BATCH / (times[-1] - times[0]),
        "critic_ms": statistics.median(critic),
        "critic_p95_ms": critic[int(0.95 * (len(critic) - 1))],
        "generator_ms": statistics.median(generator),
    }


def variants(world):
    """One process has no DDP: those that differ by its options only are one."""
    if world > 1:
        return VARIANTS
    without = {json.dumps({**flags, "ddp": None}): name for name, flags in reversed(VARIANTS.items())}
    return {name: VARIANTS[name] for name in reversed(without.values())}


def train(rank, arguments, store):
    torch.set_num_threads(arguments.threads)
    world = arguments.world
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
    images = wgan.load_images(arguments.data)
    results = []
    for name, flags in variants(world).items():
        try:
            trainer = Trainer(images, rank, world, **flags)
            results.append({"variant": name, **measure(trainer, arguments.warmup, arguments.steps, world)})
        except Exception as error:  # e.g. no C++ compiler for torch.compile
            results.append({"variant": name, "error": f"{type(error).__name__}: {error}".splitlines()[0]})
    if world > 1:
        dist.destroy_process_group()
    if rank == 0:
        print(json.dumps(results), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="IDX file of images")
    for name in ["world", "threads", "steps", "warmup"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        if arguments.world == 1:
            train(0, arguments, store)
        else:
            mp.spawn(train, (arguments, store), nprocs=arguments.world)


if __name__ == "__main__":
    main()
