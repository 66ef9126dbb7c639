"""What a place inside a network takes, and what a view is: values that can't stand there."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kdgraph.graph.axes import RankMistake, agree
from kdgraph.graph.constant import COUNTING, constant, is_whole
from kdgraph.graph.early import INDEXING, NUMBERS
from kdgraph.graph.frames import Argument, pointed
from kdgraph.graph.graph import Axes, Axis, LossGraph, Op
from kdgraph.graph.infer import SIGNS, SortMistake
from kdgraph.graph.network import Network
from kdgraph.graph.values import Maker, Path
from kdgraph.graph.wording import VIEWS, told
from kdgraph.lang.errors.arguments import WrongKnob
from kdgraph.lang.errors.collections import OutOfRange
from kdgraph.lang.errors.misfits import (
    ExamplesForColumns,
    OtherNumbers,
    OtherWidth,
    WideAsBatch,
)
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY
from kdgraph.sorts import accepts

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

NO_IMAGE = frozenset(
    {"Logits", "Distribution", "LogDistribution", "Scaled", "Embedding", "Labels", "Mask", "Scalar"}
)
"""sorts that a network is never given in the place of a batch of images; maps may be drawn ones"""
Inputs = tuple[tuple[str, int], ...]
CHANNELS, OF_MAPS = 1, 4
MOST_TRIED = 10**7
"""numbers of a value that a module is tried with"""
NAMELESS = frozenset(
    {"Logits", "Distribution", "LogDistribution", "Scaled", "Embedding", "Map", "Mask", "Image"}
)
"""sorts whose values name no row, no column and no class"""
COMPUTED = frozenset({"primitive", "module"})
"""kinds of words whose values are fractions, unless they are labels"""
ALWAYS_FRACTIONS = SIGNS | {"tap", "apply", "param"}
OPEN = frozenset({"unknown", "given", "size", "row_count"})


def check_view(build: Builder, model: str, number: int, span: Span) -> int:
    """The node of a view, if it may be images; else an unknown, and a message."""
    node = build.graph.node(number)
    image = build.world.networks[model].image or build.world.image
    place = pointed(build.graph, number, build.frames, span)
    mistake: SortMistake | RankMistake | None = None
    if node.sort in NO_IMAGE:
        mistake = SortMistake("view", "Image", node.sort)
    elif node.axes is None or image is None or node.sort == "Image":
        return number
    elif len(node.axes) != len(image) + 1:
        mistake = RankMistake("view", "b c h w", node.axes)
    elif node.axes[CHANNELS].size in {None, image[0]}:
        return number
    if mistake is not None:
        build.note(*told((mistake,), model, Op("run"), {"view": Argument(place.span)}))
    else:
        assert node.axes is not None
        assert image is not None
        found = f"maps of {_channels(node.axes[CHANNELS])}"
        wanted = f"images of {_channels(image[0])}"
        build.note(
            OtherWidth(span=place.span, function=model, wanted=wanted, found=found, advice=VIEWS)
        )
    return build.unknown(span)


def no_index(graph: LossGraph, which: int) -> str:
    """What a value is that can't name rows, columns or classes; nothing for one that may."""
    node, value = graph.node(which), constant(graph, which)
    if value is not None:
        return "" if value == int(value) else "a fraction"
    if node.op.name == "clock":
        return "a time"
    if node.sort in NAMELESS:
        return node.sort
    if node.op.name in INDEXING and node.sort != "Labels":
        return no_index(graph, graph.sources(which)[0])
    word = REGISTRY.get(node.op.name)
    computed = word.kind in COMPUTED if word is not None else node.op.name in ALWAYS_FRACTIONS
    if not computed or is_whole(graph, which):
        return ""
    is_open = any(graph.node(one).op.name in OPEN for one in graph.reach(which))
    return "" if is_open else "Fraction"


def check_rows(build: Builder, value: int, which: int, at: Span) -> bool:
    """Whether `v[j]` has the rows that j may name; a message where it has not.

    `y` names classes and `i` examples of the data set; the rows of a batch are neither.
    """
    node, world = build.graph.node(which), build.world
    axes, known = build.graph.node(value).axes, constant(build.graph, which)
    name = str(node.op.knob("name")) if node.op.name == "input" else ""
    most = {"y": world.classes, "i": world.examples}.get(name)
    count = axes[0].size if axes else None
    there = world.least if axes and axes[0].rows == "b" else count
    if known is not None and there is not None and known == int(known):
        index = int(known)
        if not -there <= index < there:
            build.note(OutOfRange(span=at, what="row", index=index, count=there, last=there - 1))
            return False
    if not axes or name not in NUMBERS:
        return True
    of_batch = axes[0].rows.lstrip("0123456789").startswith("b")
    if of_batch or (count is not None and most is not None and count < most):
        what = f"{count} rows" if count is not None else "the rows of a batch"
        named = {"y": "classes", "i": "examples of the data set"}[name]
        place = pointed(build.graph, which, build.frames, at)
        build.note(OtherNumbers(span=place.span, words=name, named=named, rows=what))
        return False
    return True


def reached(build: Builder, number: int) -> tuple[int, int] | None:
    """The least and the greatest of labels that are made of `y` or `i` and whole numbers alone.

    Both are met, unlike in a product with truth values: `(y + 1)·(y < 9)` is not looked at.
    """
    graph, world = build.graph, build.world
    node, value = graph.node(number), constant(graph, number)
    if value is not None:
        return (int(value), int(value)) if value == int(value) else None
    if node.op.name == "input":
        classes = world.classes if world.counted else None
        most = {"y": classes, "i": world.examples}.get(str(node.op.knob("name")))
        return (0, most - 1) if most is not None else None
    inside = [reached(build, one) for one in graph.sources(number)]
    known = [one for one in inside if one is not None]
    moving = [one for one in known if one[0] != one[1]]
    if node.op.name not in COUNTING or len(known) < len(inside) or len(moving) > 1:
        return None  # of `y - y` the ends are not met
    if node.op.name == "neg":
        return -known[0][1], -known[0][0]
    (low, high), (low_, high_) = known
    if node.op.name == "add":
        return low + low_, high + high_
    if node.op.name == "sub":
        return low - high_, high - low_
    ends = [one * other for one in known[0] for other in known[1]]
    return min(ends), max(ends)


def check_reached(
    build: Builder, made: Signature, inputs: Inputs, tree: Call, spans: dict[str, Span]
) -> None:
    """Refuse labels of which some name no column: `cross_entropy(z, y + 1)`, unless masked."""
    slots = {slot: one for slot, _ in inputs if (one := made.parameter(slot)) is not None}
    columns = [
        axes[-1].size
        for slot, number in inputs
        if slot in slots
        and slots[slot].sort in {"Logits", "Distribution", "LogDistribution"}
        and (axes := build.graph.node(number).axes)
    ]
    size = next((one for one in columns if one is not None), None)
    for slot, number in inputs:
        op = build.graph.node(number).op
        computed = op.name in COUNTING or op == Op("input", (("name", "i"),))
        if slot not in slots or slots[slot].sort != "Labels" or not computed or "rows" in slots:
            continue
        found = reached(build, number)
        if found is None or (found[0] >= 0 and (size is None or found[1] < size)):
            continue
        at = pointed(build.graph, number, build.frames, spans.get(slot, tree.span))
        function = build.frames[0].function if build.frames else made.name
        build.note(
            WrongKnob(
                span=at.span, function=function, knob=at.slot or slot,
                wanted=f"a class from 0 to {size - 1}" if size else "a class, counted from 0",
                found=f"from {found[0]} to {found[1]}", advice="leave rows out with `rows=`",
            )
        )  # fmt: skip


def check_classes(build: Builder, made: Signature, op: Op, inputs: Inputs, tree: Call) -> None:
    """Refuse fewer columns than the labels in them need: `onehot(y, 2)` of ten classes."""
    most = op.knob("classes")
    for slot, number in inputs:
        one, node = made.parameter(slot), build.graph.node(number)
        name = str(node.op.knob("name")) if node.op.name == "input" else ""
        counts = {"y": build.world.classes if build.world.counted else None}
        wanted = (counts | {"i": build.world.examples}).get(name)
        if one is None or one.sort != "Labels" or wanted is None or not isinstance(most, int):
            continue
        if most < wanted:
            at = build.frames[0].span if build.frames else tree.span
            build.note(
                WrongKnob(
                    span=at, function=made.name, knob="classes", wanted=f"{wanted} or more here",
                    found=str(most), advice=f"`{name}` runs from 0 to {wanted - 1}",
                )
            )  # fmt: skip


def check_width_of_batch(build: Builder, made: Signature, inputs: Inputs, tree: Call) -> None:
    """Refuse a module on vectors that are as long as the batch, which differs."""
    if made.kind != "module" or not inputs:
        return
    axes = build.graph.node(inputs[0][1]).axes
    at = CHANNELS if made.parameters[0].axes.split()[:2] == ["b", "c"] else -1
    if axes and -len(axes) <= at < len(axes) and axes[at].rows:
        place = pointed(build.graph, inputs[0][1], build.frames, tree.span).span
        build.note(WideAsBatch(span=place, word=made.name, axes=", ".join(map(str, axes))))


def check_labels(
    build: Builder,
    made: Signature,
    inputs: tuple[tuple[str, int], ...],
    tree: Call,
    spans: dict[str, Span],
) -> None:
    """Refuse what is no class or number of an example where labels belong, such as `epoch`."""
    for slot, number in inputs:
        one = made.parameter(slot)
        if (
            one is None
            or one.sort != "Labels"
            or not accepts("Labels", build.graph.node(number).sort)
        ):
            continue
        known = constant(build.graph, number) is not None
        wrong = "" if known else no_index(build.graph, number)
        if not wrong and build.graph.node(number).axes == ():
            wrong = "" if one.plain and known else "Scalar"
        if wrong:
            function = build.frames[0].function if build.frames else made.name
            at = {slot: pointed(build.graph, number, build.frames, spans.get(slot, tree.span))}
            mistake = SortMistake(slot, "Labels", wrong)
            build.note(*told((mistake,), function, Op(made.name), at))


def check_width(build: Builder, path: Path, number: int, span: Span) -> bool:
    """Whether a module of a network may take a value; a message where its width says no."""
    taken = _taken(build.world.networks[path.model.name], path.path)
    axes = build.graph.node(number).axes
    if taken is None or axes is None:
        return True
    axis, size = taken
    maps = axis == CHANNELS
    if not axes:
        found = "one number"
    elif maps and len(axes) < OF_MAPS - 1:
        found = f"a value with axes {', '.join(map(str, axes))}"
    elif axes[axis].size in {None, size} and not axes[axis].rows:
        return True
    else:
        found = f"maps of {_channels(axes[axis])}" if maps else f"vectors of {axes[axis]}"
    connector = f"put `conv(…, {size})` around it" if maps else f"put `linear(…, {size})` around it"
    mistake = OtherWidth(
        span=pointed(build.graph, number, build.frames, span).span,
        function=f"{path.model.name}.{path.path}",
        wanted=f"maps of {_channels(size)}" if maps else f"vectors of {size}",
        found=found,
        advice=connector if axes else "give it a value with a row for each image",
    )
    build.note(mistake)
    return False


def given_axes(build: Builder, path: Path, number: int, span: Span) -> Axes | None:
    """The axes of what a module of a network makes of a value; () where they are not known.

    None, and a message, where the module can't take such a value.
    """
    network = build.world.networks[path.model.name]
    axes = build.graph.node(number).axes
    if not axes or network.paths is None or any(axis.rows for axis in axes[1:]):
        return ()
    rows, sizes = axes[0], [axis.size for axis in axes[1:]]
    known = [size for size in sizes if size is not None]
    first = 2 if rows.size is None else rows.size
    if network.applied is None or len(known) < len(sizes) or first * prod(known) > MOST_TRIED:
        return _as_usual(network, path.path, axes)
    given = network.applied(path.path, (first, *known))
    if isinstance(given, str):
        usual = network.size(f"{path.path}.input")
        mistake = OtherWidth(
            span=pointed(build.graph, number, build.frames, span).span,
            function=f"{path.model.name}.{path.path}",
            wanted=f"axes b, {', '.join(map(str, usual))}" if usual else "other values",
            found=f"axes {', '.join(map(str, axes))}",
            advice="take a value like its own input, or put a `conv` or `linear` between them",
        )
        build.note(mistake)
        return None
    same = given[:1] == (first,)
    return (*((rows,) if same else map(Axis, given[:1])), *map(Axis, given[1:]))


def _as_usual(network: Network, path: str, axes: Axes) -> Axes:
    """What a module gives in its own network, for a value that is as usual as far as is known."""
    size, usual = network.size(path), network.size(f"{path}.input")
    if size is None or (usual is not None and len(usual) != len(axes) - 1):
        return ()
    if usual is not None and all(
        agree(axis, Axis(one)) for axis, one in zip(axes[1:], usual, strict=True)
    ):
        return (axes[0], *map(Axis, size))
    return (axes[0], Axis(size[0]), *(Axis() for _ in size[1:]))


def check_branch(build: Builder, maker: Maker, model: object, number: int, span: Span) -> bool:
    """Whether a branch may take a value: a map with the channels of the one that it grew at."""
    network = build.world.networks.get(str(model))
    tap = f"maps[{maker.place}]"
    size = network.size(tap) if network is not None else None
    axes = build.graph.node(number).axes
    if not size or not axes or len(axes) != OF_MAPS or axes[CHANNELS].size in {None, size[0]}:
        return True
    build.note(
        OtherWidth(
            span=pointed(build.graph, number, build.frames, span).span,
            function=f"{maker.name}[{maker.place}]",
            wanted=f"maps of {_channels(size[0])}",
            found=f"maps of {_channels(axes[CHANNELS])}",
            advice=f"it grew at `{model}.{tap}`: `{maker.name}` goes with `{model}.maps`",
        )
    )
    return False


def _channels(count: object) -> str:
    return "one channel" if str(count) == "1" else f"{count} channels"


def _taken(network: Network, path: str) -> tuple[int, int] | None:
    """The axis and the width that a module is made for, where that is known."""
    if path in network.takes:
        return network.takes[path]
    features = network.size("features")
    is_head = network.path("features") == f"{path}.input"  # a classifier sees the features
    return (-1, features[-1]) if is_head and features else None


def check_examples(build: Builder, value: int, which: int, at: Span, other: Span) -> bool:
    """Whether `v[:, J]` has the columns that J may name; a message where they are examples."""
    draw = build.graph.node(which).op.name
    word = REGISTRY.get(draw)
    axes, examples = build.graph.node(value).axes, build.world.examples
    count = axes[-1].size if axes else None
    if word is None or not word.flag("pool") or None in {examples, count}:
        return True
    assert examples is not None
    assert count is not None
    if count >= examples:
        return True
    build.note(ExamplesForColumns(span=at, draw=draw, examples=examples, count=count, other=other))
    return False
