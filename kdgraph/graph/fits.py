"""What a place inside a network takes, and what a view is: values that can't stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.axes import RankMistake
from kdgraph.graph.frames import Argument, pointed
from kdgraph.graph.graph import Op
from kdgraph.graph.infer import SortMistake
from kdgraph.graph.network import Network
from kdgraph.graph.values import Maker, Path
from kdgraph.graph.wording import VIEWS, told
from kdgraph.lang.errors.misfits import ExamplesForColumns, OtherWidth
from kdgraph.lang.source import Span
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

NO_IMAGE = frozenset(
    {"Logits", "Distribution", "LogDistribution", "Scaled", "Embedding", "Labels", "Mask", "Scalar"}
)
"""sorts that a network is never given in the place of a batch of images; maps may be drawn ones"""
CHANNELS, OF_MAPS = 1, 4


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
