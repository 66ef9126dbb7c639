"""The page on sizes counts the lines of every shipped method, and none is longer than a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdgraph import files
from kdgraph.lang.find import load_text
from kdgraph.lang.yaml_tree import Mapping, read_tree
from tests.docs.pages import text

LIMITS = {"kd": 15, "icd": 20, "crd": 20, "sskd": 30}
LONGEST = 40
LINES = {path.stem: len(load_text(path).text.splitlines()) for path in files.recipes()}


def tree(path: Path) -> Mapping:
    """A recipe's sections."""
    return read_tree(load_text(path))


def written() -> dict[str, int]:
    """The table of the page: names and lines, several of them in one row."""
    cells = [line.strip("|").split("|") for line in text("sizes").splitlines() if line[:3] == "| `"]
    return {row[0].strip(" `"): int(row[1]) for row in cells}


def test_the_page_counts_what_is_there():
    methods = [path.stem for path in files.recipes() if not tree(path).get("extends")]

    assert written() == {name: LINES[name] for name in sorted(methods)}


@pytest.mark.parametrize("name", LINES)
def test_a_method_is_short(name: str):
    assert LINES[name] <= LIMITS.get(name, LONGEST)
