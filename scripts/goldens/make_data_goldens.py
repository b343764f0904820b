"""Makes the goldens of coordinator/data and coordinator/evaluation: both written again in Python from their
documentation, on top of make_random_goldens.py. Data must agree to the bit; distances to rounding.

Usage: python scripts/goldens/make_data_goldens.py   (needs numpy, and mpmath for the import)
"""

import functools
import json
import math
import pathlib

import numpy as np

from make_random_goldens import fill_normal, little_endian, normal, permutation, uniform, words

TESTS = pathlib.Path(__file__).parents[2] / "test" / "coordinator"
SEED = 7


def sin_cos_turns(x):
    """(sin, cos) of 2 pi x by the documented Taylor polynomials after reduction to an eighth of a turn."""
    quarter = math.floor(4 * x + 0.5)
    angle = (x - quarter / 4) * 6.283185307179586
    z = -angle * angle
    series = lambda orders: functools.reduce(lambda s, k: s * z + 1 / math.factorial(k), orders, 0.0)
    sin, cos = angle + angle * z * series(range(17, 2, -2)), 1 + z * series(range(16, 1, -2))
    return [(sin, cos), (cos, -sin), (-sin, -cos), (-cos, sin)][quarter % 4]


def stream(i):
    return words(seed=SEED, purpose="dataset", counter=i, shard=0)


def mixture(i, centres, std, divisor):
    s = stream(i)
    x, y = centres[i % len(centres)]
    return [(x + std * normal(next(s))) / divisor, (y + std * normal(next(s))) / divisor]


def swiss_roll(i):
    s = stream(i)
    turns = 0.75 * (1 + 2 * uniform(s))
    t = 6.283185307179586 * turns
    sin, cos = sin_cos_turns(turns)
    return [(t * cos + 0.25 * normal(next(s))) / 7.5, (t * sin + 0.25 * normal(next(s))) / 7.5]


D = 2 * (1 / math.sqrt(2))
RING = [(2, 0), (-2, 0), (0, 2), (0, -2), (D, D), (D, -D), (-D, D), (-D, -D)]
GRID = [(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)]
SIDE = 16
CIRCLE = [tuple(0.95 * v for v in reversed(sin_cos_turns(i / 16))) for i in range(17)]
GLYPHS = [
    [CIRCLE],
    [[(-0.85, -0.85), (0.85, 0.85)], [(0.85, -0.85), (-0.85, 0.85)]],
    [[(0, -1), (0, 1)]],
    [[(-0.8, -0.85), (0.8, -0.85), (-0.8, 0.85), (0.8, 0.85)]],
    [[(-0.9, -0.85), (0.9, -0.85)], [(0, -0.85), (0, 0.95)]],
    [[(-0.85, -0.9), (0, 0.9), (0.85, -0.9)]],
]


def strokes(i):
    s = stream(i)
    within = lambda low, high: low + (high - low) * uniform(s)
    half_thickness = within(1.0, 1.35)
    half_width, half_height = within(4.4, 5.4), within(4.6, 5.4)
    slant, turn = within(-0.15, 0.15), within(-0.025, 0.025)
    cx, cy = SIDE / 2 + within(-0.8, 0.8), SIDE / 2 + within(-0.8, 0.8)
    sin, cos = sin_cos_turns(turn)

    def place(point):
        x, y = half_width * (point[0] - slant * point[1]), half_height * point[1]
        return cx + cos * x - sin * y, cy + sin * x + cos * y

    rows, columns = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    squares = np.full((SIDE, SIDE), np.inf)
    for path in GLYPHS[i % len(GLYPHS)]:
        points = [place(p) for p in path]
        for (ax, ay), (bx, by) in zip(points, points[1:]):
            dx, dy, x, y = bx - ax, by - ay, columns - ax, rows - ay
            along = np.clip((x * dx + y * dy) / (dx * dx + dy * dy), 0, 1)
            squares = np.minimum(squares, (x - along * dx) ** 2 + (y - along * dy) ** 2)
    return np.floor(255 * np.clip(half_thickness + 0.5 - np.sqrt(squares), 0, 1) + 0.5).astype(np.uint8)


def shard_plan(n, shards, batch, holdout, epoch):
    order = np.array(permutation(n, seed=SEED, purpose="holdout", counter=0, shard=0))
    held = math.floor(holdout * n + 0.5)
    parts = np.array_split(order[held:], shards)
    steps, micro = min(map(len, parts)) // (batch // shards), batch // shards
    used = [part[permutation(len(part), seed=SEED, purpose="shuffle", counter=epoch, shard=i)][: steps * micro]
            for i, part in enumerate(parts)]
    return dict(holdout=order[:held].tolist(), shards=[p.tolist() for p in parts], used=[u.tolist() for u in used])


def sliced(a, b, projections):
    """Mean over directions of the area between quantile functions, on a common grid of lcm(n, m) cells."""
    total, cells = 0.0, math.lcm(len(a), len(b))
    for i in range(projections):
        unit = fill_normal(a.shape[1], seed=0, purpose="evaluation", counter=i, shard=0).astype(np.float64)
        unit /= np.sqrt(np.sum(unit * unit))
        p, q = np.sort(a @ unit), np.sort(b @ unit)
        total += np.mean(np.abs(np.repeat(p, cells // len(p)) - np.repeat(q, cells // len(q))))
    return total / projections


def mode_report(samples, centres, std, divisor):
    distance = np.linalg.norm(samples[:, None] * divisor - np.array(centres)[None], axis=2)
    counts = (distance <= 3 * std).sum(axis=0)
    return dict(counts=counts.tolist(), covered=int((counts >= 0.01 * len(samples)).sum()),
                high_quality=float(counts.sum() / len(samples)))


def evaluation():
    rng = np.random.default_rng(3)
    data = rng.normal(0, 1, (60, 7)).astype(np.float32)
    sets = {"shifted": data[:45] + np.float32(0.5), "wide": rng.normal(0, 2, (45, 7)).astype(np.float32),
            "more": rng.normal(0, 1, (100, 7)).astype(np.float32), "equal": data[::-1].copy()}
    centres = np.array(GRID)[rng.integers(0, 20, 800)]  # five modes are never met
    grid = ((centres + rng.normal(0, 0.04, (800, 2)) * rng.choice([1, 4], (800, 1))) / 2.828).astype(np.float32)
    f32 = lambda x: little_endian(x.ravel(), "<f4")
    return dict(
        dimension=7, projections=32, data=f32(data),
        distances=[dict(name=k, samples=f32(v), distance=float(sliced(data.astype(float), v.astype(float), 32)))
                   for k, v in sets.items()],
        grid=dict(samples=f32(grid), **mode_report(grid.astype(float), GRID, 0.05, 2.828)),
    )


def data():
    f32 = lambda draw: little_endian([draw(i) for i in range(60)], "<f4")
    return {
        "8gaussians": f32(lambda i: mixture(i, RING, 0.02, 1.414)),
        "25gaussians": f32(lambda i: mixture(i, GRID, 0.05, 2.828)),
        "swissroll": f32(swiss_roll),
        "strokes": b"".join(strokes(i).tobytes() for i in range(30)).hex(),
    }


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    write(TESTS / "data" / "goldens" / "built_in.json", data())
    write(TESTS / "data" / "goldens" / "plan.json",
          {k: json.dumps(v) for k, v in shard_plan(107, 4, 12, 0.1, epoch=3).items()})
    write(TESTS / "evaluation" / "goldens" / "evaluation.json", evaluation())
