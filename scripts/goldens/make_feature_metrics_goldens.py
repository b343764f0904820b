"""Writes test/metrics/goldens/feature_metrics.json: figures of two sets of features by torch-fidelity, prdc and SciPy.

pip install numpy==2.4.6 scipy torch torchvision torch-fidelity==0.4.0 prdc==0.2; python scripts/goldens/make_feature_metrics_goldens.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.linalg
import torch
from prdc import compute_prdc
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

OUT = Path(__file__).parents[2] / "test/metrics/goldens/feature_metrics.json"
rng = np.random.default_rng(7)


def features(count, dimension, shift, mix):
    """Correlated and, like those behind a ReLU, not below 0."""
    values = rng.normal(size=(count, dimension)) @ (np.eye(dimension) + mix * rng.normal(size=(dimension, dimension)))
    return np.maximum(values + shift, 0).astype(np.float32)


def frechet(real, fake):
    """As the paper has it, with SciPy's root of a matrix that need not be symmetric."""
    m1, m2 = real.mean(0, dtype=np.float64), fake.mean(0, dtype=np.float64)
    c1, c2 = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = scipy.linalg.sqrtm(c1 @ c2)
    return float(((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * np.real(root)))


def figures(name, real, fake):
    real_t, fake_t = torch.from_numpy(real.astype(np.float64)), torch.from_numpy(fake.astype(np.float64))
    size = min(len(real), len(fake))
    kid = kid_features_to_metric(
        fake_t[:size], real_t[:size], kid_subsets=1, kid_subset_size=size, kid_kernel="poly", kid_kernel_poly_degree=3,
        kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1, rng_seed=0, verbose=False,
    )
    of_three, of_five = (compute_prdc(real, fake, nearest_k=k) for k in (3, 5))
    return {
        "name": name,
        "dimension": real.shape[1],
        "real": real.tobytes().hex(),
        "fake": fake.tobytes().hex(),
        "frechet_distance": frechet(real, fake),
        "frechet_distance_of_torch_fidelity": float(
            fid_statistics_to_metric(
                fid_features_to_statistics(real_t), fid_features_to_statistics(fake_t), verbose=False
            )["frechet_inception_distance"]
        ),
        "kernel_distance": float(kid["kernel_inception_distance_mean"]),
        "precision": float(of_three["precision"]),
        "recall": float(of_three["recall"]),
        "density": float(of_five["density"]),
        "coverage": float(of_five["coverage"]),
    }


sets = [
    figures("two distributions", features(200, 12, 0.0, 0.3), features(200, 12, 0.3, 0.3)),
    figures("one distribution", *np.split(features(240, 6, 0.2, 0.2), 2)),
    figures("fewer vectors than dimensions", features(24, 32, 0.1, 0.1), features(24, 32, 0.2, 0.1)),
    figures("far apart", features(40, 4, 0.0, 0.1), features(40, 4, 6.0, 0.1)),
]
versions = {name: version(name) for name in ("numpy", "scipy", "torch", "torch-fidelity", "prdc", "scikit-learn")}
OUT.write_text(json.dumps({"versions": versions, "sets": sets}, indent=1) + "\n")
print(OUT, OUT.stat().st_size)
