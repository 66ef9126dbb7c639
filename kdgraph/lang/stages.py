"""The section `stages`: what is trained one after another."""

from __future__ import annotations

from collections.abc import Callable

from kdgraph.lang.errors.tables import NothingToTrain
from kdgraph.lang.errors.text import WrongValue
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.recipe import Stage
from kdgraph.lang.shapes import Shapes
from kdgraph.lang.source import Span
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, Sequence

STAGE_KEYS = ("name", "trains", "loss", "epochs", "train", "mode", "for", "compute")
OF_TRAINING = ("trains", "loss", "epochs", "train", "for", "mode")
"""what a stage that computes a table does not have"""
MODES = ("train", "eval")


def stages(shapes: Shapes, node: Node | None) -> tuple[Stage, ...]:
    """The stages, in their order."""
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        advice = "write each stage on a line of its own: `- {name: head, trains: [head]}`"
        shapes.wrong(node, "stages", "a list of stages", advice=advice)
        return ()
    if not node.items:
        advice = "write a stage, or take `stages` out: the student is trained without it"
        shapes.wrong(node, "stages", "a list of stages", "an empty list", advice)
    made: list[Stage] = []
    for number, item in enumerate(node.items, 1):
        stage = _stage(shapes, item, number)
        if stage is not None:
            made.append(stage)
    return tuple(made)


def _stage(shapes: Shapes, node: Node, number: int) -> Stage | None:
    if not isinstance(node, Mapping):
        shapes.wrong(node, "a stage", "a mapping such as `{name: head, trains: [head]}`")
        return None
    shapes.keys(node, STAGE_KEYS, "a stage", inside=("train", tuple(Protocol.model_fields)))
    read: Callable[[str], Node | None] = node.get
    loss, epochs, compute = read("loss"), read("epochs"), read("compute")
    modes, named = _modes(shapes, node), read("name")
    loop = read("for")
    each = shapes.collect.loop(loop) if isinstance(loop, Scalar) else None
    _refuse_idle(shapes, node)
    if loop is not None and each is None and not isinstance(loop, Scalar):
        shapes.wrong(loop, "for", "a loop such as `m in chain[1:]`")
    return Stage(
        name=shapes.text(node, "name") or f"stage {number}",
        span=named.span if named else node.span,
        trains=_trains(shapes, node),
        loss=shapes.collect.tree(loss, "loss") if loss else None,
        epochs=shapes.collect.tree(epochs, "epochs") if epochs else None,
        train=shapes.mapping(node, "train", "write `trains: […]` for what it trains"),
        mode=tuple((name, word) for name, _, word in modes),
        mode_spans=tuple(span for _, span, _ in modes),
        each=each,
        compute=shapes.collect.tree(compute, "compute") if compute else None,
    )


def _refuse_idle(shapes: Shapes, node: Mapping) -> None:
    """Refuse what a stage that trains says, in one that computes a table."""
    for key, _ in node.entries if node.get("compute") is not None else ():
        if key.text in OF_TRAINING:
            shapes.collect.mistakes.append(NothingToTrain(span=key.span, key=key.text))


def _trains(shapes: Shapes, node: Mapping) -> tuple[tuple[str, Span], ...]:
    """What a stage trains, each once."""
    found: dict[str, Span] = {}
    for name, span in shapes.names(node, "trains"):
        if name in found:
            wrong = WrongValue(
                span=span, key="trains", expected="each name once",
                found=f"`{name}` again", advice="take one of them out",
            )  # fmt: skip
            shapes.collect.mistakes.append(wrong)
        found.setdefault(name, span)
    return tuple(found.items())


def _modes(shapes: Shapes, node: Mapping) -> tuple[tuple[str, Span, str], ...]:
    """Which models run in another mode than their usual one: `mode: {teacher: train}`."""
    mode = shapes.mapping(node, "mode")
    made: list[tuple[str, Span, str]] = []
    for key, value in mode.entries if mode else ():
        if isinstance(value, Scalar) and value.text in MODES:
            made.append((key.text, key.span, value.text))
        else:
            shapes.choice(value, f"mode.{key.text}", MODES)
    return tuple(made)
