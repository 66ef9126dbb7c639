"""What a pass makes of a graph, as text before and after.

`tests/golden/passes/<pass>/<case>.graph` opens with the recipe, in comments, and perhaps with
the passes that go before; then comes the graph, `-- <pass>`, and the graph after it.
`pytest --bless` writes both graphs anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kdgraph.compiler import analyse
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source
from kdgraph.passes import PIPELINE
from tests.graph.stand_ins import stand_ins

FOLDER = Path(__file__).parent / "passes"
CASES = sorted(FOLDER.glob("*/*.graph"))
PASSES = {one.__name__: one for one in PIPELINE}
FIRST = "# after: "


def before(comments: list[str]) -> LossGraph:
    """The graph of a recipe, after the passes that its comments name."""
    text = "\n".join(line[2:] for line in comments if not line.startswith(FIRST))
    recipe = read_recipe(Source("example.kd", text))
    networks = {name: Network(name) for name in ("teacher", "student")}
    analysis = analyse(recipe, World(networks, classes=10, examples=100))
    assert not analysis.errors, analysis.errors
    graph = analysis.built().graph
    for line in comments:
        for name in line.removeprefix(FIRST).split() if line.startswith(FIRST) else ():
            graph = PASSES[name](graph)
    return graph.renumbered()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_pass_makes_the_golden_graph(path, bless):
    text = path.read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    name = path.parent.name
    with stand_ins():
        graph = before(comments)
    after = PASSES[name](graph)
    said = "\n".join([*comments, "", str(graph), "", f"-- {name}", "", str(after), ""])
    if bless:
        path.write_text(said, encoding="utf-8")

    assert said == text
    assert str(PASSES[name](after)) == str(after)


def test_every_pass_has_golden_cases():
    assert {path.parent.name for path in CASES} == set(PASSES)
