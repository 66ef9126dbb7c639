"""The protocol of a stage in numbers; a mistake in it points at where the value is written."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kdgraph.lang.arithmetic import evaluate
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.run import BadProtocolValue
from kdgraph.lang.protocol import Protocol, Training, layered, resolve
from kdgraph.lang.source import Source, Span
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar
from kdgraph.lang.yaml_tree import Sequence as Items

USUAL_EPOCHS = 240.0


@dataclass(frozen=True)
class Layer:
    """What one place says of the protocol: a setting, a recipe, a stage, the command line."""

    protocol: Protocol
    node: Mapping | None = None


def command_layer(path: str, values: Dictionary[str, object]) -> Layer:
    """What `--set` says under a dotted name: `values` are nested as in a file."""
    entries = [_assigned(f"{path}.{name}", name, value) for name, value in _flat(values).items()]
    whole = Span(Source("command line", path), 0, len(path))
    return Layer(Protocol.model_validate(values), Mapping(whole, tuple(entries), flow=True))


def written_layer(name: str, text: str, span: Span) -> Layer:
    """What a stage says beside its `train:`, at the place where it is written."""
    offsets = tuple(range(span.start, span.end)) if span.text == text else None
    value = Scalar(span, text, plain=True, offsets=offsets)
    key = Scalar(span, name, plain=True, offsets=None)
    told = Protocol.model_validate({name: text})
    return Layer(told, Mapping(span, ((key, value),), flow=True))


def in_numbers(layers: Sequence[Layer], *, epochs: float | None = None) -> Training:
    """The training that these layers come to, the later ones winning.

    Args:
        layers: from the weakest to the strongest.
        epochs: what `epochs` means inside `epochs` itself: the setting's, in a stage.

    Raises:
        RecipeError: the first mistake; `mistakes` gives all.
    """
    return resolve(layered(*(one.protocol for one in layers)), evaluate, epochs=epochs)


def mistakes(layers: Sequence[Layer], *, epochs: float | None = None) -> list[Diagnostic]:
    """Every value that is no number or is out of range, at its place."""
    whole = layered(*(one.protocol for one in layers))
    found: list[Diagnostic] = []
    for name in sorted(whole.model_fields_set - {"nesterov"}):
        told: dict[str, object] = {"epochs": USUAL_EPOCHS, name: getattr(whole, name)}
        found += _mistakes(Protocol.model_validate(told), layers, epochs)
    return found or _mistakes(whole, layers, epochs)


def _mistakes(
    protocol: Protocol, layers: Sequence[Layer], epochs: float | None
) -> list[Diagnostic]:
    def looked_up(text: str, names: Dictionary[str, float]) -> float:
        written = _written(layers, text)
        return evaluate(text, names, written.place() if written is not None else None)

    try:
        resolve(protocol, looked_up, epochs=epochs)
    except RecipeError as error:
        return [_placed(one, layers) for one in error.diagnostics]
    return []


def _placed(mistake: Diagnostic, layers: Sequence[Layer]) -> Diagnostic:
    if mistake.span is not None or not isinstance(mistake, BadProtocolValue):
        return mistake
    for layer in reversed(layers):
        node = below(layer.node, mistake.field)
        if node is not None:
            exact = _among(node, mistake.found)
            return replace(mistake, span=(exact or node).span)
    return mistake


def below(node: Node | None, path: str) -> Node | None:
    """The value under a dotted name, which may be one key or several."""
    if not isinstance(node, Mapping):
        return None
    head, _, rest = path.partition(".")
    inner = node.get(head)
    return node.get(path) or (below(inner, rest) if rest else inner)


def _written(layers: Sequence[Layer], text: str) -> Scalar | None:
    found = (_among(layer.node, text) for layer in reversed(layers) if layer.node is not None)
    return next((one for one in found if one is not None), None)


def _among(node: Node, text: str) -> Scalar | None:
    """The value with this text, in a node or anywhere below it."""
    if isinstance(node, Scalar):
        return node if node.text == text else None
    inside = node.items if isinstance(node, Items) else [value for _, value in node.entries]
    return next((found for one in inside if (found := _among(one, text)) is not None), None)


def _assigned(full: str, name: str, value: object) -> tuple[Scalar, Node]:
    """A key and its value as they stand behind `--set`."""
    items = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    text = f"[{', '.join(items)}]" if isinstance(value, list) else items[0]
    head = f"--set {full}="
    source = Source("command line", head + text)
    key = Scalar(Span(source, len("--set "), len(head) - 1), name, plain=True, offsets=None)
    at = len(head) + isinstance(value, list)
    scalars: list[Node] = []
    for item in items:
        end = at + len(item)
        scalars.append(
            Scalar(Span(source, at, end), item, plain=True, offsets=tuple(range(at, end)))
        )
        at = end + len(", ")
    whole = Span(source, len(head), len(source.text))
    return key, Items(whole, tuple(scalars)) if isinstance(value, list) else scalars[0]


def _flat(values: Dictionary[str, object], above: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Dictionary):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat
