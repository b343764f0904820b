"""Writes test/goldens/metrics.json: what Prometheus's own Python client reads in the metrics that
test/coordinator/live/example_metrics.ts writes, with the SHA-256 of the text that it read.

Run from the repository root with prometheus_client: python scripts/goldens/make_metrics_goldens.py
"""

import hashlib
import json
import subprocess
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

OUT = Path("test/goldens/metrics.json")
WRITE = ["deno", "run", "--quiet", "test/coordinator/live/example_metrics.ts"]

text = subprocess.run(WRITE, check=True, capture_output=True).stdout
families = [
    {
        "name": family.name,
        "type": family.type,
        "help": family.documentation,
        "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
    }
    for family in text_string_to_metric_families(text.decode())
]
OUT.write_text(json.dumps({"sha256": hashlib.sha256(text).hexdigest(), "families": families}, indent=1) + "\n")
