"""Functions of `define:` and of the library: expanded where they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.frames import Argument, Frame
from kdgraph.graph.knobs import bare
from kdgraph.graph.lookup import outside
from kdgraph.graph.ranges import meets
from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.values import Path, Point, Unknown, Value
from kdgraph.lang.errors.arguments import MissingArgument, TooManyArguments
from kdgraph.lang.errors.foreign import foreign_knob
from kdgraph.lang.errors.graph import Recursion
from kdgraph.lang.errors.names import UnknownKnob
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Function
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call, Syntax

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

DEEPEST = 40
WORDS = frozenset({"none", "rows", "elements", "sum", "mean", "true", "false"})


def expand(build: Builder, function: Function, tree: Call, scope: Scope, root: Scope) -> Value:
    """The value of a function's body, its parameters standing for the arguments.

    Args:
        build: the builder.
        function: the function.
        tree: the call.
        scope: where the arguments are looked up.
        root: where the other names of the body are: the recipe's, or nothing for the library.
    """
    if any(one is function for one in build.expanding) or len(build.expanding) > DEEPEST:
        build.note(Recursion(span=tree.span, name=function.name))
        return Unknown()
    given = _arguments(build, function, tree)
    if given is None:
        return Unknown()
    path = tuple(build.labels)
    if build.direct is not tree:
        path = (*path, function.name)
    arguments: dict[int, Argument] = {}
    bound: dict[str, Bound | Value] = {}
    things: list[tuple[object, Span]] = []
    for slot in function.slots:
        written = given.get(slot.name)
        if written is None:
            assert slot.default is not None
            bound[slot.name] = Bound(slot.default, root)
            continue
        bound[slot.name] = Bound(written, scope)
        if not _is_word(build, written, scope):
            value = build.value(written, scope)
            bound[slot.name] = value
            if isinstance(value, Path):
                value = Point(build.node_of(value, written))
                bound[slot.name] = value
            if isinstance(value, Point):
                arguments[value.number] = Argument(written.span, slot.name)
            elif not isinstance(value, Unknown):
                things.append((value, written.span))
    inner = Scope(path, function.where, bound, root)
    derived = root is build.plain
    build.frames.append(Frame(function.name, tree.span, arguments, tuple(things), derived))
    if not meets(build, function, tree, inner):
        build.frames.pop()
        return Unknown()
    build.expanding.append(function)
    labels, build.labels = build.labels, list(path)
    build.direct = function.value
    value = build.value(function.value, inner)
    if isinstance(value, Path):
        value = Point(build.node_of(value, function.value))
    build.labels = labels
    build.expanding.pop()
    build.frames.pop()
    return value


def _is_word(build: Builder, tree: Syntax, scope: Scope) -> bool:
    """Whether an argument is a word such as `rows`, which a knob further inside will take."""
    word = bare(tree, scope)
    if word not in WORDS or word in build.world.given or word in build.world.views:
        return False
    return outside(build, word, scope) is None


def _arguments(build: Builder, function: Function, tree: Call) -> dict[str, Syntax] | None:
    names = [slot.name for slot in function.slots]
    usage = str(function)
    if len(tree.arguments) > len(names):
        extra = tree.arguments[len(names)]
        build.note(
            TooManyArguments(
                span=extra.span,
                function=function.name,
                most=len(names),
                given=len(tree.arguments),
                usage=usage,
            )
        )
        return None
    given: dict[str, Syntax] = dict(zip(names, tree.arguments, strict=False))
    for keyword in tree.keywords:
        if keyword.name not in names or keyword.name in given:
            known = foreign_knob(keyword.name, names) or suggest(keyword.name, names)
            again = f"`{keyword.name}` is given already; it reads `{usage}`"
            advice = again if keyword.name in given else known or f"it reads `{usage}`"
            build.note(
                UnknownKnob(
                    span=keyword.at, function=function.name, knob=keyword.name, advice=advice
                )
            )
            continue
        given[keyword.name] = keyword.value
    for slot in function.slots:
        if slot.name not in given and slot.default is None:
            build.note(
                MissingArgument(span=tree.span, function=function.name, slot=slot.name, usage=usage)
            )
            return None
    return given
