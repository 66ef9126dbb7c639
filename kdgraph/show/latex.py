"""`kdgraph show --as latex`: the loss as an equation, and what its names stand for."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.vocabulary import library
from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.syntax import Call, Name, Negative, Number, Syntax
from kdgraph.show.latex_expression import latex
from kdgraph.show.latex_names import name, operator

Line = tuple[str, str]


def text(recipe: Recipe, stage: str | None = None) -> str:
    """The equation of a recipe, ready for a paper that loads amsmath; one for each stage.

    Args:
        recipe: as it was read.
        stage: whose loss is written, of several; all by default.
    """
    stages = [one.name for one in recipe.stages if one.loss is not None]
    title = _comment(f"{recipe.title or recipe.name}{', ' if recipe.cite else ''}{recipe.cite}")
    if stage is None and stages[1:]:
        told = (_comment(f"stage {one}") + _equation(recipe, _loss(recipe, one)) for one in stages)
        return title + "\n".join(told)
    loss = _loss(recipe, stage)
    return title + _equation(recipe, loss) if loss is not None else ""


def _comment(words: str) -> str:
    """A line that LaTeX skips, whatever line breaks are in the words."""
    return f"% {' '.join(words.split())}\n"


def _equation(recipe: Recipe, loss: Syntax | None) -> str:
    if loss is None:
        return ""
    lines = [(r"\mathcal{L}", latex(loss)), *_where(recipe, loss)]
    body = " \\\\\n".join(f"  {left} &= {right}" for left, right in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _loss(recipe: Recipe, stage: str | None) -> Syntax | None:
    losses = {one.name: one.loss for one in recipe.stages if one.loss is not None}
    if stage is not None:
        return losses.get(stage, recipe.loss)
    return list(losses.values())[-1] if losses else recipe.loss


def _where(recipe: Recipe, loss: Syntax) -> Iterator[Line]:
    """The names that the loss needs, nearest first; then functions; then plain numbers."""
    names, functions = _needed(recipe, loss)
    numbers = [entry for entry in names if _is_number(entry.tree)]
    for entry in names:
        if entry not in numbers:
            yield name(entry.name), _definition(entry)
    for function in functions:
        slots = ", ".join(name(slot.name) for slot in function.slots if slot.default is None)
        yield f"{operator(function.name)}({slots})", latex(function.value)
        for entry in function.where.values():
            yield rf"\quad {name(entry.name)}", latex(entry.tree)
    if numbers:
        listed = [f"{name(one.name)} = {latex(one.tree)}" for one in numbers]
        first, *rest = listed
        left, _, right = first.partition(" = ")
        yield left, ", \\quad ".join([right, *rest])


def _definition(entry: Entry) -> str:
    """What a name stands for; a learned scalar says where it starts."""
    tree = entry.tree
    if isinstance(tree, Call) and isinstance(tree.callee, Name) and tree.callee.id == "learn":
        start = latex(tree.arguments[0]) if tree.arguments else ""
        return rf"\text{{learned, starts at }} {start}"
    return latex(tree)


def _needed(recipe: Recipe, loss: Syntax) -> tuple[list[Entry], list[Function]]:
    """Names and functions that an expression uses, each once, in the order they are met."""
    names: dict[str, Entry] = {}
    functions: dict[str, Function] = {}
    known = {**library(), **recipe.define}
    ahead: list[tuple[Syntax, set[str]]] = [(loss, set())]
    while ahead:
        tree, bound = ahead.pop(0)
        called = {id(one.callee) for one in tree.walk() if isinstance(one, Call)}
        for one in tree.walk():
            if not isinstance(one, Name):
                continue
            if id(one) in called and one.id in known and one.id not in functions:
                functions[one.id] = function = known[one.id]
                own = {*(slot.name for slot in function.slots), *function.where}
                inside = (function.value, *(entry.tree for entry in function.where.values()))
                ahead += [(part, own) for part in inside]
            elif (
                id(one) not in called and one.id in recipe.where and one.id not in bound | {*names}
            ):
                names[one.id] = recipe.where[one.id]
                ahead.append((recipe.where[one.id].tree, set()))
    return list(names.values()), list(functions.values())


def _is_number(tree: Syntax) -> bool:
    inner = tree.value if isinstance(tree, Negative) else tree
    return isinstance(inner, Number)
