"""`.ci/run --lowest` installs what pyproject.toml allows at the least, read from there."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
lowest = runpy.run_path(str(CHECKOUT / ".ci" / "lowest.py"))["lowest"]


def test_every_dependency_of_the_package_and_its_tests_has_a_lowest_version():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]

    found = lowest(project)

    assert "torch==2.11" in found
    assert "torchvision==0.26" in found
    assert len(found) == len({*project["dependencies"], *project["optional-dependencies"]["test"]})


def test_bounds_above_and_extras_are_left_out():
    several = {"dependencies": ["a>=1.2,<2", "b.c[more] >= 3; python_version > '3'"]}

    assert lowest(several | {"optional-dependencies": {"test": []}}) == ["a==1.2", "b.c==3"]


def test_a_dependency_without_a_bound_is_refused():
    with pytest.raises(ValueError, match="`a` has no lower bound"):
        lowest({"dependencies": ["a"], "optional-dependencies": {"test": []}})
