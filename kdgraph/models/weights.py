"""Put weights from a file, or from a library, into a network: all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.weights import (
    WeightsOfAnother,
    WeightsOfAnotherSize,
    WeightsOfOtherClasses,
    WeightsUnusable,
)
from kdgraph.lang.source import Span
from kdgraph.models.checkpoint import split_path
from kdgraph.models.file_statistics import read_normalisation, transforms_input
from kdgraph.models.known import LIBRARIES
from kdgraph.models.pretrained import pretrained
from kdgraph.models.state_file import read_state
from kdgraph.normalisation import Normalisation

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Head:
    """The layer that makes the logits, where weights have other classes than the network.

    Attributes:
        layer: its path.
        names: of its tensors; each of them differs in its rows alone.
        found: how many classes the weights are for.
        classes: how many the network has.
    """

    layer: str
    names: tuple[str, ...]
    found: int
    classes: int


def never(head: Head) -> bool:
    """Let no head start anew."""
    del head
    return False


def load_weights(
    network: nn.Module,
    path: str,
    *,
    told: Normalisation | None = None,
    anew: Callable[[Head], bool] = never,
    span: Span | None = None,
) -> Normalisation | None:
    """Load weights into a network in place; where anything does not fit, nothing moves.

    Args:
        network: what is filled.
        path: of a `.safetensors` file or a PyTorch checkpoint, with `#ema` for one part of it; or
            `torchvision:NAME`, such as `torchvision:IMAGENET1K_V1`, or `timm:TAG`, for a network
            of that library.
        told: what the user says that they were normalised with; a file is not asked then.
        anew: asked where all fits but the classes: whether the head may stay as it was built.
        span: where the path is written, for the caret.

    Returns:
        what the weights were normalised with, where anything says so.

    Raises:
        RecipeError: no such file, not a file of weights, or weights of another network.
    """
    library, _, name = path.partition(":")
    if library in LIBRARIES:
        found = pretrained(network, library, name, span=span)
        state, scale = found.state, told or found.normalisation
    else:
        state = read_state(path, network.state_dict(), span=span)
        path, _ = split_path(path)
        scale = told or read_normalisation(path, span=span)
        if hasattr(network, "transform_input"):
            network.transform_input = transforms_input(path)
    head = other_head(network.state_dict(), state)
    if head is not None and anew(head):
        state = {name: one for name, one in state.items() if name not in head.names}
    mistakes = list(_misfits(network, state, path, span, head))
    if mistakes:
        raise RecipeError(*mistakes)
    network.load_state_dict(state, strict=False)
    return scale


def other_head(wanted: State, state: State) -> Head | None:
    """The head, where all that differs are the rows of one layer, the same number of them.

    Only the last layer can be so: behind any other one the next has other columns.
    """
    clashes = [name for name in wanted if name in state and wanted[name].shape != state[name].shape]
    layers = {name.rpartition(".")[0] for name in clashes}
    pairs = {(tuple(state[name].shape[:1]), tuple(wanted[name].shape[:1])) for name in clashes}
    if len(layers) != 1 or len(pairs) != 1 or not _differ_in_rows(clashes, wanted, state):
        return None
    ((found,), (classes,)) = pairs.pop()
    return Head(layers.pop(), tuple(clashes), found, classes)


def _misfits(
    network: nn.Module, state: State, path: str, span: Span | None, head: Head | None
) -> Iterator[Diagnostic]:
    wanted = network.state_dict()
    strange = {name: _strange(state[name], wanted[name]) for name in wanted if name in state}
    for name, kind in [(name, kind) for name, kind in strange.items() if kind][:1]:
        count = sum(map(bool, strange.values()))
        yield WeightsUnusable(path=path, name=name, kind=kind, count=count, span=span)
    if head is not None and not any(name in state for name in head.names):
        wanted = {name: one for name, one in wanted.items() if name not in head.names}
    # files older than this counter do without it; it starts at 0 then
    missing = [
        name for name in wanted if name not in state and not name.endswith(".num_batches_tracked")
    ]
    extra = [name for name in state if name not in wanted]
    if missing or extra:
        yield WeightsOfAnother(
            path=path,
            missing=_few(f"`{name}` {_size(wanted[name])}" for name in missing),
            missing_count=len(missing),
            extra=_few(f"`{name}` {_size(state[name])}" for name in extra),
            extra_count=len(extra),
            span=span,
        )
    clashes = [name for name in wanted if name in state and wanted[name].shape != state[name].shape]
    if clashes and head is not None:
        yield WeightsOfOtherClasses(
            path=path, name=clashes[0], found=head.found, classes=head.classes, span=span
        )
    elif clashes:
        told = (f"`{name}` is {_size(state[name])}, not {_size(wanted[name])}" for name in clashes)
        yield WeightsOfAnotherSize(path=path, count=len(clashes), clashes=_few(told), span=span)


def _strange(found: Tensor, wanted: Tensor) -> str:
    """Why a tensor's numbers are none that a network computes with; empty if they are."""
    if found.is_meta:
        return "without numbers (on the meta device)"
    if found.is_quantized:
        return "quantised"
    if found.layout != torch.strided:
        return f"sparse (`{found.layout}`)" if "sparse" in str(found.layout) else str(found.layout)
    if found.is_complex():
        return "complex"
    if wanted.is_floating_point() and not found.is_floating_point():
        return f"of whole numbers (`{found.dtype}`)"
    return ""


def _differ_in_rows(names: Iterable[str], wanted: State, state: State) -> bool:
    return all(
        state[name].shape[1:] == wanted[name].shape[1:] and state[name].ndim == wanted[name].ndim
        for name in names
    )


def _few(told: Iterable[str], most: int = 4) -> str:
    items = list(told)
    more = [f"{len(items) - most} more"] if len(items) > most else []
    return ", ".join([*items[:most], *more]) or "none"


def _size(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"
