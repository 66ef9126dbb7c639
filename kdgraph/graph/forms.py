"""Calls that the language itself gives a meaning: sizes, origins, learned scalars, zip."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kdgraph.graph.axes import RankMistake
from kdgraph.graph.borrow import view_called
from kdgraph.graph.bulk import check_bulk
from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import Axes, Axis, Op
from kdgraph.graph.infer import Inferred
from kdgraph.graph.knobs import static
from kdgraph.graph.loops import collection, zipped
from kdgraph.graph.part_names import part_name
from kdgraph.graph.scope import Scope
from kdgraph.graph.values import Many, Model, Point, Unknown, Value
from kdgraph.graph.wording import told
from kdgraph.lang.errors.arguments import MissingArgument, TooManyArguments
from kdgraph.lang.errors.names import NotAValue, UnknownView
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.tables import NotMixed
from kdgraph.lang.syntax import Call, Collection, Name, Syntax
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

Form = Callable[["Builder", Call, Scope], Value]
USAGE = {
    "learn": "learn(start, shape=none)", "zip": "zip(things, things, …, short=false)",
    "count": "count(things)", "origin": "origin(view)", "part": "part(view)",
    "width": "width(v)", "channels": "channels(v)", "height": "height(v)",
    "columns": "columns(v)", "rows": "rows(v)", "before": "before(model)", "share": "share(view)",
}  # fmt: skip
MAP = 4


def _argument(build: Builder, tree: Call, most: int = 1) -> Syntax | None:
    """The first argument of a form, and a message where it is missing or one too many."""
    name = write(tree.callee)
    usage = USAGE[name]
    if not tree.arguments:
        slot = usage.partition("(")[2].partition(",")[0].rstrip(")")
        build.note(MissingArgument(span=tree.span, function=name, slot=slot, usage=usage))
        return None
    if len(tree.arguments) > most:
        build.note(
            TooManyArguments(
                span=tree.arguments[most].span,
                function=name,
                most=most,
                given=len(tree.arguments),
                usage=usage,
            )
        )
    return tree.arguments[0]


def _size(place: int, of_maps: int | None = None) -> Form:
    """A size of a value, as a number; that of feature maps may stand at another place."""

    def form(build: Builder, tree: Call, scope: Scope) -> Value:
        argument = _argument(build, tree)
        if argument is None:
            return Unknown()
        value = build.value(argument, scope)
        axes = None if isinstance(value, Unknown) else _axes(build, value, argument)
        if isinstance(value, Unknown):
            return Point(build.leaf_size(tree.span))
        if axes is None:
            return Point(_measured(build, value, argument, tree, (place, of_maps)))
        least = place + 1 if place >= 0 else -place
        if len(axes) < least:
            pattern = {1: "... d", 2: "... h w"}[least] if place < 0 else "b ..."
            return Point(_without(build, value, argument, tree, RankMistake("v", pattern, axes)))
        at = of_maps if of_maps is not None and len(axes) == MAP else place
        size = axes[at].size if -len(axes) <= at < len(axes) else None
        if -len(axes) <= at < len(axes) and axes[at].rows and at in {0, -len(axes)}:
            number = build.node_of(value, argument)
            counted = Op("row_count"), (("value", number),), Inferred("Scalar", ()), tree.span
            return Point(build.add(*counted))
        if size:
            return Point(build.const(size, tree.span))
        return Point(_measured(build, value, argument, tree, (at, None)))

    return form


def _without(
    build: Builder, value: Value, argument: Syntax, tree: Call, mistake: RankMistake
) -> int:
    """Say that a value has no such axis."""
    number = build.node_of(value, argument)
    at = {"v": pointed(build.graph, number, build.frames, argument.span)}
    build.note(*told((mistake,), write(tree.callee), Op("size"), at))
    return build.unknown(tree.span)


def _measured(
    build: Builder, value: Value, argument: Syntax, tree: Call, at: tuple[int, int | None]
) -> int:
    """A size that only the value itself will tell, when it is there."""
    place, of_maps = at
    op = Op("size", (("at", place), ("of_maps", of_maps)))
    inputs = (("value", build.node_of(value, argument)),)
    return build.add(op, inputs, Inferred("Scalar", ()), tree.span)


def _axes(build: Builder, value: Value, tree: Syntax) -> Axes | None:
    return build.graph.node(build.node_of(value, tree)).axes


def _learn(build: Builder, tree: Call, scope: Scope) -> Value:
    argument = _argument(build, tree)
    if argument is None:
        return Unknown()
    name = part_name(build.labels, "learn", build.parts, direct=build.direct is tree)
    start = static(build, argument, scope, "learn", "start")
    shape: list[int | None] = []
    for keyword in tree.keywords:
        if keyword.name == "shape":
            sizes = (
                keyword.value.items if isinstance(keyword.value, Collection) else [keyword.value]
            )
            for size in sizes:
                found = static(build, size, scope, "learn", "shape")
                shape.append(None if found is None else int(found))
    axes = tuple(Axis(size) for size in shape)
    op = Op("param", (("name", name), ("start", start), ("shape", tuple(shape))))
    build.parts[name] = build.graph.next
    number = build.add(op, (), Inferred("Tensor" if axes else "Scalar", axes), tree.span)
    check_bulk(build, number, tree)
    return Point(number)


def _zip(build: Builder, tree: Call, scope: Scope) -> Value:
    short = any(
        one.name == "short" and isinstance(one.value, Name) and one.value.id == "true"
        for one in tree.keywords
    )
    things = [collection(build, one, scope) for one in tree.arguments]
    known = [one for one in things if one is not None]
    if not things or len(known) < len(things):
        return Unknown()
    return zipped(build, known, short=short, tree=tree)


def _count(build: Builder, tree: Call, scope: Scope) -> Value:
    argument = _argument(build, tree)
    things = collection(build, argument, scope) if argument is not None else None
    if things is None:
        return Point(build.leaf_size(tree.span))
    return Point(build.const(len(things.items), tree.span))


def _by_view(op: str) -> Form:
    """`origin(view)`, `part(view)`: which image a row is of, and which of its rows."""

    def form(build: Builder, tree: Call, scope: Scope) -> Value:
        argument = _argument(build, tree)
        if argument is None:
            return Unknown()
        views = build.world.views
        name = _view_name(build, argument, scope)
        if name is None:
            advice = suggest(write(argument), views) or "name a view of `views`, or `x`"
            build.note(UnknownView(span=argument.span, name=write(argument), advice=advice))
            return Point(build.unknown(tree.span))
        view = views[name]
        number = build.view(name, argument.span)
        axes = (Axis(rows=view.tag),) if view.tag else None
        knobs = (("rows", view.rows),)
        return Point(
            build.add(Op(op, knobs), (("view", number),), Inferred("Labels", axes), tree.span)
        )

    return form


def _view_name(build: Builder, tree: Syntax, scope: Scope) -> str | None:
    """The view that an argument is, also through an argument of a function."""
    views = build.world.views
    if isinstance(tree, Name) and scope.find(tree.id) is None:
        return view_called(build, tree.id, scope, tree.span)
    value = build.value(tree, scope)
    op = build.graph.node(value.number).op if isinstance(value, Point) else Op("")
    name = str(op.knob("name")) if op.name == "input" else ""
    return name if name in views else None


def _share(build: Builder, tree: Call, scope: Scope) -> Value:
    """`share(m)`: how much of its first image a mixed view shows, one number for the batch."""
    argument = _argument(build, tree)
    if argument is None:
        return Unknown()
    name = _view_name(build, argument, scope)
    if name is None or not build.world.views[name].mixes:
        build.note(NotMixed(span=argument.span, words=write(argument)))
        return Point(build.unknown(tree.span))
    build.used.add(name)
    return Point(build.leaf(Op("share", (("name", name),)), "Scalar", (), tree.span))


def _before(build: Builder, tree: Call, scope: Scope) -> Value:
    """`before(m)`: the models of the chain that come before `m`."""
    argument = _argument(build, tree)
    value = build.value(argument, scope) if argument is not None else Unknown()
    chain = build.world.chain
    name = value.name if isinstance(value, Model) else ""
    if name not in chain:
        if argument is not None and not isinstance(value, Unknown):
            build.note(
                NotAValue(
                    span=argument.span,
                    name=name or write(argument),
                    what="not a model of the chain",
                    advice="write `chain: [teacher, …, student]` and give `before` one of them",
                )
            )
        return Unknown()
    earlier = chain[: chain.index(name)]
    known = build.world.networks
    return Many(tuple(Model(name) for name in earlier if name in known), "models")


FORMS: dict[str, Form] = {
    "learn": _learn,
    "zip": _zip,
    "count": _count,
    "origin": _by_view("origin"),
    "part": _by_view("part"),
    "before": _before,
    "share": _share,
    "channels": _size(-1, of_maps=1),
    "width": _size(-1, of_maps=1),
    "height": _size(-2),
    "columns": _size(-1),
    "rows": _size(0),
}
