"""Put weights from a file, or from a library, into a network: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch import Tensor, nn

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.weights import (
    WeightsOfAnother,
    WeightsOfAnotherSize,
    WeightsOfOtherClasses,
)
from kdgraph.lang.source import Span
from kdgraph.models.aliases import aliases
from kdgraph.models.file_statistics import read_normalisation
from kdgraph.models.known import LIBRARIES
from kdgraph.models.pretrained import pretrained
from kdgraph.models.state_file import read_state
from kdgraph.normalisation import Normalisation

State = Mapping[str, Tensor]


def load_weights(
    network: nn.Module,
    path: str,
    *,
    told: Normalisation | None = None,
    span: Span | None = None,
) -> Normalisation | None:
    """Load weights into a network in place; where anything does not fit, nothing moves.

    Args:
        network: what is filled.
        path: of a `.safetensors` file or a PyTorch checkpoint; or `torchvision:NAME`, such as
            `torchvision:IMAGENET1K_V1`, or `timm:TAG`, for a network of that library.
        told: what the user says that they were normalised with; a file is not asked then.
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
        state = read_state(path, span=span)
        scale = told or read_normalisation(path, span=span)
    mistakes = list(_misfits(network, state, path, span))
    if mistakes:
        raise RecipeError(*mistakes)
    network.load_state_dict(state, strict=False)
    return scale


def _misfits(
    network: nn.Module, state: State, path: str, span: Span | None
) -> Iterator[Diagnostic]:
    wanted = network.state_dict()
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
    rows = _classifier_rows(network)
    if clashes and set(clashes) <= set(rows) and _differ_in_rows(clashes, wanted, state):
        name = clashes[0]
        found, classes = state[name].shape[0], wanted[name].shape[0]
        yield WeightsOfOtherClasses(path=path, name=name, found=found, classes=classes, span=span)
    elif clashes:
        told = (f"`{name}` is {_size(state[name])}, not {_size(wanted[name])}" for name in clashes)
        yield WeightsOfAnotherSize(path=path, count=len(clashes), clashes=_few(told), span=span)


def _classifier_rows(network: nn.Module) -> tuple[str, ...]:
    """Names of the tensors whose rows are the classes."""
    features = aliases(network).get("features")
    if not isinstance(features, str):
        return ()
    classifier = features.removesuffix(".input")
    return f"{classifier}.weight", f"{classifier}.bias"


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
