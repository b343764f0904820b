"""Writes test/metrics/goldens/table_figures.json: what SciPy and NumPy say of two small tables.

Run from the repository root with numpy and scipy: python scripts/goldens/make_table_goldens.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

OUT = Path("test/metrics/goldens/table_figures.json")
KINDS = 3


def table(rng, count, shift):
    """Rows of two numbers, of which the second has few values, and a category."""
    first = rng.normal(shift, 1, count)
    second = np.round(2 * (first + rng.normal(0, 1, count))) / 2
    kind = np.clip(np.round(first + rng.normal(1, 1, count)), 0, KINDS - 1).astype(int)
    rows = np.column_stack([first, second, np.eye(KINDS)[kind]]).astype(np.float32)
    return rows, kind


rng = np.random.default_rng(7)
(real, real_kind), (fake, fake_kind) = table(rng, 60, 0), table(rng, 45, 0.4)
shares = [np.bincount(kind, minlength=KINDS) / len(kind) for kind in (real_kind, fake_kind)]
signed = np.corrcoef(fake.T.astype(float)) - np.corrcoef(real.T.astype(float))
difference = np.abs(signed)
pairs = [(i, j) for i in range(5) for j in range(i) if not (i >= 2 and j >= 2)]
greatest = max(pairs, key=lambda pair: difference[pair])
signed[2:, 2:] = 0
np.fill_diagonal(signed, 0)
histograms = []
for i in range(2):
    both = np.concatenate([real[:, i], fake[:, i]]).astype(float)
    counts = [np.histogram(rows[:, i].astype(float), 20, (both.min(), both.max()))[0] for rows in (real, fake)]
    histograms.append([(count / count.sum()).tolist() for count in counts])
OUT.write_text(json.dumps({
    "real": real.tobytes().hex(),
    "fake": fake.tobytes().hex(),
    "ks": [ks_2samp(real[:, i], fake[:, i]).statistic for i in range(2)],
    "tv": float(np.abs(shares[0] - shares[1]).sum() / 2),
    "correlation": float(difference[greatest]),
    "histograms": histograms + [[share.tolist() for share in shares]],
    "differences": signed.tolist(),
    "between": [int(greatest[1]), int(greatest[0])],
}, indent=1) + "\n")
