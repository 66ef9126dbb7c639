"""Every recipe, printed, reads back to the same recipe and the same graphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdgraph import files
from kdgraph.compiler import analyse
from kdgraph.lang.find import load_text
from kdgraph.lang.print_recipe import recipe_text
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Entry, Function, Recipe, Stage
from kdgraph.lang.source import Source
from kdgraph.lang.write import write
from kdgraph.lang.yaml_tree import plain
from tests.golden.networks import network, world
from tests.graph.stand_ins import stand_ins

DRAFTS = Path(__file__).parents[1] / "graph" / "recipes"
PATHS = [*files.recipes(), files.library(), *sorted(DRAFTS.glob("*.kd"))]


def entries(section: dict[str, Entry]) -> list[tuple[str, str]]:
    return [(name, write(entry.tree)) for name, entry in section.items()]


def function(one: Function) -> tuple[object, ...]:
    return str(one), write(one.value), entries(one.where)


def stage(one: Stage) -> tuple[object, ...]:
    trees = (one.loss, one.epochs, one.compute, one.each[1] if one.each else None)
    return (
        one.name,
        [name for name, _ in one.trains],
        [tree and write(tree) for tree in trees],
        one.each and one.each[0],
        one.mode,
        one.train and plain(one.train),
    )


def content(recipe: Recipe) -> dict[str, object]:
    """What a recipe says, without the places where it says it."""
    sections = ("where", "views", "modules", "metrics", "condense")
    return {
        **{name: entries(getattr(recipe, name)) for name in sections},
        "define": [function(one) for one in recipe.define.values()],
        "stages": [stage(one) for one in recipe.stages],
        "adapt": {name: entries(one) for name, one in recipe.adapt.items()},
        "use": {name: content(one) for name, one in recipe.use.items()},
        "loss": recipe.loss and write(recipe.loss),
        "train": recipe.train and plain(recipe.train),
        "setting": recipe.setting and recipe.setting[0],
        "rest": (recipe.title, recipe.cite, recipe.chain, recipe.forward),
    }


def graphs(recipe: Recipe) -> list[str]:
    known = [network(name) for name in recipe.chain or ("teacher", "student")]
    analysis = analyse(recipe, world(*known, chain=recipe.chain))
    return [f"{one.name}\n{built.graph}" for one, built in analysis.stages]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recipe_printed_reads_back_to_itself(path):
    recipe = read_recipe(load_text(path))
    text = recipe_text(recipe)
    again = read_recipe(Source(str(path), text))

    assert content(again) == content(recipe)
    assert recipe_text(again) == text
    with stand_ins():
        assert graphs(again) == graphs(recipe)


def test_what_yaml_would_take_away_is_quoted():
    source = Source(
        "mine.kd",
        "title: 'true: a # b'\nloss: '[a, b][0] + -c'\n"
        "where: {a: '-1', b: '[1]', c: \"-(1)\", p': 2}\nviews: {x: image}\n"
        "stages:\n"
        "  - {name: 'a, b', trains: [student], train: {lr: 0.1, drops: [1/2, 3/4], note: ''}}\n"
        "use: []\nadapt: {digits: {a: 3}}\n",
    )
    recipe = read_recipe(source)
    text = recipe_text(recipe)

    assert content(read_recipe(Source("mine.kd", text))) == content(recipe)
    assert "title: 'true: a # b'" in text
    assert "loss: '[a, b][0] + -c'" in text
    assert "  a: -1\n" in text
    assert "name: a, b\n" in text
