"""A recipe written back as a `.kd` text, in one normal form, that reads to the same recipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kdgraph.lang.recipe import Entry, Function, Recipe, Stage
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.write import write
from kdgraph.lang.yaml_tree import WORDS, Mapping, Node, Scalar, Sequence

PLAIN = re.compile(r"[^\W][^\n\t]*")
UNSAFE = re.compile(r": |:$| #|^[-?:] |[ ]$")
FLOW = re.compile(r"[,\[\]{}]")


def recipe_text(recipe: Recipe) -> str:
    """The text of a recipe, whole: what it extends is written out.

    Names are in their canonical spelling and expressions in the form of `write`; comments
    are gone. Recipes of `use` stay references.
    """
    return "\n".join(_lines(recipe)) + "\n"


def _lines(recipe: Recipe) -> Iterator[str]:
    for key, text in (("title", recipe.title), ("cite", recipe.cite)):
        if text:
            yield f"{key}: {_scalar(text)}"
    if recipe.use:
        yield f"use: {_listed(one.source.path for one in recipe.use.values())}"
    if recipe.loss is not None:
        yield f"loss: {_expression(recipe.loss)}"
    if recipe.forward_said:
        yield f"forward: {recipe.forward}"
    if recipe.chain:
        yield f"chain: {_listed(recipe.chain)}"
    yield from _section("views", recipe.views)
    yield from _section("modules", recipe.modules)
    yield from _section("where", recipe.where)
    if recipe.define:
        yield "define:"
        for function in recipe.define.values():
            yield from _function(function)
    if recipe.stages:
        yield "stages:"
        for stage in recipe.stages:
            yield from _stage(stage)
    yield from _section("condense", recipe.condense)
    yield from _section("metrics", recipe.metrics)
    if recipe.adapt:
        yield "adapt:"
        for setting, entries in recipe.adapt.items():
            yield from _section(_scalar(setting), entries, "  ")
    if recipe.train is not None:
        yield f"train: {_node(recipe.train)}"
    if recipe.setting is not None:
        yield f"setting: {_scalar(recipe.setting[0])}"


def _section(name: str, entries: dict[str, Entry], indent: str = "") -> Iterator[str]:
    if not entries:
        return
    yield f"{indent}{name}:"
    for entry in entries.values():
        yield f"{indent}  {_scalar(entry.name)}: {_expression(entry.tree)}"


def _function(function: Function) -> Iterator[str]:
    head = _scalar(str(function))
    if not function.where and not function.require:
        yield f"  {head}: {_expression(function.value)}"
        return
    yield f"  {head}:"
    yield f"    value: {_expression(function.value)}"
    yield from _section("where", function.where, "    ")
    if function.require:
        yield f"    require: [{', '.join(_scalar(write(one)) for one in function.require)}]"


def _stage(stage: Stage) -> Iterator[str]:
    said = [
        ("for", _scalar(f"{stage.each[0]} in {write(stage.each[1])}") if stage.each else ""),
        ("trains", _listed(name for name, _ in stage.trains) if stage.trains else ""),
        ("loss", _optional(stage.loss)),
        ("compute", _optional(stage.compute)),
        ("epochs", _optional(stage.epochs)),
        ("mode", "{" + ", ".join(f"{one}: {mode}" for one, mode in stage.mode) + "}"),
        ("train", _node(stage.train) if stage.train is not None else ""),
    ]
    yield f"  - name: {_scalar(stage.name)}"
    yield from (f"    {key}: {text}" for key, text in said if text and text != "{}")


def _optional(tree: Syntax | None) -> str:
    return "" if tree is None else _expression(tree)


def _expression(tree: Syntax) -> str:
    """An expression as a YAML value; quoted where YAML would take something out of it."""
    text = write(tree)
    plain = PLAIN.fullmatch(text) or re.fullmatch(r"-[\w(][^\n\t]*", text)
    return text if plain and not UNSAFE.search(text) else _quoted(text)


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(_scalar(name, flow=True) for name in names)}]"


def _scalar(text: str, *, flow: bool = False) -> str:
    """Text as a YAML value; quoted where YAML would read something else."""
    special = text.lower() in WORDS or UNSAFE.search(text) or (flow and FLOW.search(text))
    return text if PLAIN.fullmatch(text) and not special else _quoted(text)


def _quoted(text: str) -> str:
    if "\n" in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return "'" + text.replace("'", "''") + "'"


def _node(node: Node) -> str:
    """A piece of YAML as one line."""
    if isinstance(node, Scalar):
        return _scalar(node.text, flow=True) if node.plain and node.text else _quoted(node.text)
    if isinstance(node, Sequence):
        return f"[{', '.join(map(_node, node.items))}]"
    assert isinstance(node, Mapping)
    pairs = (f"{_scalar(key.text, flow=True)}: {_node(value)}" for key, value in node.entries)
    return "{" + ", ".join(pairs) + "}"
