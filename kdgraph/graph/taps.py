"""Taps: values inside a model, on the default view or another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.fits import check_width, given_axes
from kdgraph.graph.graph import Axes, Axis, Op
from kdgraph.graph.infer import Inferred
from kdgraph.graph.near_tap import near_tap
from kdgraph.graph.network import ALIASES, MANY, Network, is_alias
from kdgraph.graph.tap_path import spelled, tap_path
from kdgraph.graph.values import Many, Model, Path, Point, Unknown, Value
from kdgraph.lang.errors.names import NotAValue, UnknownField
from kdgraph.lang.errors.taps import TapCalledTwice, UnknownTap, no_such_call
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Attribute, Name
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

SORTS = {"logits": "Logits", "features": "Embedding", "stem": "Map", "maps": "Map", "preact": "Map"}
RANKS = {"Logits": 2, "Embedding": 2, "Map": 4}


def first_tap(build: Builder, model: Model, tree: Attribute) -> Value:
    """`student.logits`, `student.maps`, `teacher.layer3`: the first step into a model."""
    network = build.world.networks[model.name]
    if tree.name not in MANY:
        return Path(model, tree.name, tree.span)
    if network.has(tree.name) is False:
        missing(build, model, tree.name, tree.at)
        return Unknown()
    count = network.count(tree.name)
    if count is None:
        build.used.add(f"{model.name}.{tree.name}")  # nothing in the graph tells of it
        return Unknown()
    taps = tuple(Path(model, f"{tree.name}[{place}]", tree.span) for place in range(count))
    return Many(taps, f"the {tree.name}")


def missing(build: Builder, model: Model, path: str, span: Span) -> None:
    """Say that a model has no such tap, and which one is nearest."""
    hint = near_tap(build.world.networks[model.name], path)
    build.note(UnknownTap(span=span, network=model.name, path=spelled(path), hint=hint))


def tap(build: Builder, path: Path, span: Span) -> int:
    """The node of a tap."""
    network = build.world.networks[path.model.name]
    view = _view(build, path.model, span)
    if _is_missing(network, path.path):
        missing(build, path.model, path.path, path.span)
        return build.unknown(span)
    if _is_of_no_call(build, path, network):
        return build.unknown(span)
    other = _other_size(build, network.image, view)
    alone = (("alone", True),) if other or build.recipe.forward == "separate" else ()
    name = path.model.name
    mode = tuple(
        (word, True)
        for word, is_so in (("follows", build.world.follows), ("rests", build.world.rests))
        if is_so(name) and path.model.mean is None
    )
    mean, weights = _average(build, path.model)
    idle = bool(mean) or not build.world.trains_model(name)
    through = (("through", True),) if idle and build.graph.node(view).trained else ()
    op = Op("tap", (("model", name), ("path", path.path), *alone, *mode, *through, *mean))
    key = (op, view)
    if key not in build.single:
        rows = build.graph.node(view).axes
        size = network.size(path.path)
        if other and size is not None and len(size) > 1:
            size = None  # maps follow the size of the image
        found = _inferred(path.path, rows[0] if rows else _rows(build, view), size)
        build.single[key] = build.add(op, (("view", view), *weights), found, span)
    return build.single[key]


def _average(
    build: Builder, model: Model
) -> tuple[tuple[tuple[str, object], ...], tuple[tuple[str, int], ...]]:
    """Of a model whose weights are remembered: the knob that says where, and the slot of them."""
    if model.mean is None:
        return (), ()
    name = build.graph.node(model.mean).op.knob("name")
    return (("mean", name),), (("weights", model.mean),)


def _rows(build: Builder, view: int) -> Axis | None:
    op = build.graph.node(view).op
    known = build.world.views.get(str(op.knob("name"))) if op.name == "input" else None
    return Axis(rows=known.tag) if known and known.tag else None


def _other_size(build: Builder, image: tuple[int, ...] | None, view: int) -> bool:
    """Whether a view is higher or wider, or less so, than the images a model is known with."""
    axes = build.graph.node(view).axes
    shown = tuple(axis.size for axis in axes[2:]) if axes else ()
    return image is not None and None not in shown and shown not in {(), image[1:]}


def _view(build: Builder, model: Model, span: Span) -> int:
    if model.view is not None:
        return model.view
    if "x" in build.top.entries or "x" in build.world.given:
        return build.point(Name(span, "x"), build.top)
    return build.view("x", span)


def _is_missing(network: Network, path: str) -> bool:
    head = path.partition("[")[0]
    if path.partition("]")[2] and head in MANY:
        return True  # a map is a value: no module lies in it
    if head in ALIASES:
        return network.aliases is not None and head not in network.aliases
    paths = network.paths
    return paths is not None and tap_path(path, paths).module not in {*paths, ""}


def _is_of_no_call(build: Builder, path: Path, network: Network) -> bool:
    """Whether a tap does not say which call of a module is meant, or says one that is not there."""
    if is_alias(path.path) or network.paths is None:
        return False
    found = tap_path(path.path, network.paths)
    count = network.calls.get(found.module, 1)
    written = spelled(path.path)
    if found.call is None and count > 1:
        build.note(TapCalledTwice(span=path.span, network=path.model.name, path=written))
        return True
    if found.call is not None and not -count <= found.call < count:
        build.note(no_such_call(path.model.name, written, count, path.span))
        return True
    return False


def _inferred(path: str, rows: Axis | None, size: tuple[int, ...] | None) -> Inferred:
    """Sort and axes of a tap: by its alias, and by its sizes where they are known."""
    sort = SORTS.get(path.partition("[")[0], "")
    if size is None:
        rank = RANKS.get(sort)
        if rank is None or rows is None:
            return Inferred(sort or "Tensor")
        return Inferred(sort, (rows, *(Axis(),) * (rank - 1)))
    if not sort:
        sort = {3: "Map", 2: "Tokens", 1: "Embedding"}.get(len(size), "Tensor")
    elif len(size) + 1 != RANKS[sort]:
        sort = "Tensor" if sort == "Map" else sort
    axes: Axes | None = (rows, *map(Axis, size)) if rows else None
    return Inferred(sort, axes)


def apply_path(build: Builder, path: Path, value: int, span: Span, at: Span) -> int:
    """`teacher.fc(v)`: a module of a model applied to a value of the graph, which stands `at`."""
    network = build.world.networks[path.model.name]
    if path.model.mean is not None:
        advice = "take a value of it, such as its `logits`"
        what = "a part of an average, which is not applied alone"
        build.note(NotAValue(span=span, name=path.path, what=what, advice=advice))
        return build.unknown(span)
    if network.paths is not None and path.path not in network.paths:
        missing(build, path.model, path.path, path.span)
        return build.unknown(span)
    if not check_width(build, path, value, at):
        return build.unknown(span)
    axes = given_axes(build, path, value, at)
    if axes is None:
        return build.unknown(span)
    op = Op("apply", (("model", path.model.name), ("path", path.path)))
    sort = {4: "Map", 3: "Tokens", 2: "Embedding"}.get(len(axes), "Tensor")
    found = Inferred(sort, axes) if axes else Inferred()
    return build.add(op, (("value", value),), found, span)


def field_of(build: Builder, value: Value, tree: Attribute) -> Value | None:
    """`old.x`: a field of a record that memory keeps."""
    if not isinstance(value, Point):
        return None
    node = build.graph.node(value.number)
    slots = dict(build.graph.inputs(value.number))
    word = REGISTRY.get(node.op.name)
    if word is not None and word.flag("fields") == tree.name and node.axes is not None:
        op = Op("field", (("name", tree.name), ("at", 1)), reads=node.op.reads)
        found = Inferred("Table", node.axes[:1])
        return Point(build.add(op, (("record", value.number),), found, tree.span))
    if word is None or not word.flag("record"):
        return None
    if tree.name not in slots:
        known = ", ".join(slots)
        build.note(
            UnknownField(
                span=tree.at, owner=write(tree.value), name=tree.name, advice=f"it keeps {known}"
            )
        )
        return Unknown()
    kept = build.graph.node(slots[tree.name])
    axes = kept.axes
    if axes and axes[0].rows:
        axes = (Axis(rows=f"{axes[0].rows} before"), *axes[1:])
    op = Op(
        "field", (("name", tree.name), ("at", list(slots).index(tree.name))), reads=node.op.reads
    )
    return Point(build.add(op, (("record", value.number),), Inferred(kept.sort, axes), tree.span))
