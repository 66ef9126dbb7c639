"""The sections of a recipe's file, one by one."""

from __future__ import annotations

from kdgraph.lang.condense import KEYS
from kdgraph.lang.functions import functions
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.shapes import Shapes
from kdgraph.lang.source import Source
from kdgraph.lang.stages import stages
from kdgraph.lang.yaml_tree import Mapping

SECTIONS = (
    "title", "cite", "extends", "use", "setting", "loss", "where", "views", "modules", "define",
    "stages", "chain", "forward", "train", "adapt", "metrics", "condense",
)  # fmt: skip
FORWARDS = ("joint", "separate")


def read_sections(source: Source, shapes: Shapes, tree: Mapping) -> Recipe:
    """The recipe of one file, without those it extends or uses."""
    shapes.keys(tree, SECTIONS, "a recipe")
    loss = tree.get("loss")
    adapt = shapes.mapping(tree, "adapt")
    condense = shapes.mapping(tree, "condense")
    if condense is not None:
        shapes.keys(condense, KEYS, "`condense`")
    forward = shapes.text(tree, "forward")
    chain = shapes.names(tree, "chain")
    if forward and forward not in FORWARDS:
        shapes.choice(tree.get("forward"), "forward", FORWARDS)
    return Recipe(
        source=source,
        loss=shapes.collect.tree(loss, "loss") if loss else None,
        title=shapes.text(tree, "title"),
        cite=shapes.text(tree, "cite"),
        where=shapes.entries(tree.get("where"), "where"),
        views=shapes.entries(tree.get("views"), "views"),
        modules=shapes.entries(tree.get("modules"), "modules"),
        define=functions(shapes, tree.get("define")),
        metrics=shapes.entries(tree.get("metrics"), "metrics"),
        stages=stages(shapes, tree.get("stages")),
        condense=shapes.entries(condense, "condense"),
        adapt={
            key.text: shapes.entries(value, f"adapt.{key.text}")
            for key, value in (adapt.entries if adapt else ())
        },
        chain=tuple(name for name, _ in chain),
        chain_spans=tuple(span for _, span in chain),
        setting=next(iter(shapes.names(tree, "setting", one=True)), None),
        train=shapes.mapping(tree, "train"),
        forward_said=forward or "",
    )
