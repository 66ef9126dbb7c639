"""Installed from a wheel, recipes are found by name from any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kdgraph

ROOT = Path(kdgraph.__file__).parents[1]
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
    "wheel"
]

MINE = """
use: [dist, kd-standardised]
loss: sup + dist + kd_standardised.kd
where: {sup: 'cross_entropy(student.logits, y)'}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """What the wheel holds, laid out as `pip install --target` does."""
    site = tmp_path_factory.mktemp("site")
    skip = shutil.ignore_patterns("__pycache__")
    for name in WHEEL["packages"]:
        shutil.copytree(ROOT / name, site / name, ignore=skip)
    for source, target in WHEEL["force-include"].items():
        shutil.copytree(ROOT / source, site / target)
    return site


def said(installed: Path, folder: Path, *words: str) -> str:
    told = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-m", "kdgraph", *words],
        cwd=folder, env=told, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_recipes_are_listed_and_checked_by_name(installed, tmp_path):
    assert "  dkd  " in said(installed, tmp_path, "list", "recipes")
    assert said(installed, tmp_path, "check", "dkd", "ctkd") == (
        "dkd on digits: ok\nctkd on digits: ok\n"
    )


def test_a_recipe_of_ones_own_uses_those_that_are_installed(installed, tmp_path):
    (tmp_path / "mine.kd").write_text(MINE)

    assert said(installed, tmp_path, "check", "mine.kd") == "mine.kd on digits: ok\n"
