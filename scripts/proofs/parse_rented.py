"""Parses the files of deploy/rented with the code that SkyPilot and dstack themselves read them with.

Needs `pip install skypilot dstack pyyaml`, in one environment or in two: what is not installed is passed over, and
counted.

    python scripts/proofs/parse_rented.py
"""

import pathlib
import sys

import yaml

FOLDER = pathlib.Path(__file__).parents[2] / "deploy" / "rented"


def content(name):
    return yaml.safe_load((FOLDER / name).read_text())


def skypilot():
    import sky

    task = sky.Task.from_yaml_config(content("skypilot.yaml"), secrets_overrides=[("WAGON_TOKEN", "secret")])
    assert task.num_nodes == 2 and task.envs == {"WAGON_OPTIONS": ""} and list(task.secrets) == ["WAGON_TOKEN"]
    return f"skypilot {sky.__version__}"


def dstack():
    from dstack._internal.core.models.configurations import TaskConfiguration, parse_run_configuration
    from dstack.version import __version__

    task = parse_run_configuration(content("wagon.dstack.yml"))
    assert isinstance(task, TaskConfiguration) and task.nodes == 2 and set(task.env) == {"WAGON_TOKEN", "WAGON_OPTIONS"}
    return f"dstack {__version__}"


parsed = 0
for parse in (skypilot, dstack):
    try:
        print(f"Parsed by {parse()}")
        parsed += 1
    except ModuleNotFoundError as error:
        print(f"Not parsed: {error}")
sys.exit(0 if parsed > 0 else 1)
