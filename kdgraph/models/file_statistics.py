"""What the weights in a file were normalised with, where the file says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.normalisation import StatisticsUnusable
from kdgraph.lang.source import Span
from kdgraph.normalisation import Normalisation

OURS = "kdgraph"
"""the entry that holds all that kdgraph writes"""


def read_normalisation(path: str, *, span: Span | None = None) -> Normalisation | None:
    """Mean and std from the metadata of a safetensors file; None where it has none.

    They stand under `mean` and `std` as JSON lists, or in the entry that kdgraph writes. Files
    of `torch.save` have no place for them.

    Raises:
        RecipeError: they are there and can't be used.
    """
    if Path(path).suffix != ".safetensors":
        return None
    try:
        with safe_open(path, "pt") as file:
            about: Mapping[str, str] = file.metadata() or {}
        told = _loaded(about.get(OURS, ""))
        found = {**(told if isinstance(told, Mapping) else {}), **_plain(about)}
        if "mean" not in found and "std" not in found:
            return None
        return Normalisation(_numbers(found, "mean"), _numbers(found, "std"))
    except (OSError, SafetensorError, ValueError) as fault:
        reason = str(fault).partition("\n")[0]
        mistake = StatisticsUnusable(path=path, reason=reason, span=span)
        raise RecipeError(mistake) from fault


def transforms_input(path: str) -> bool:
    """Whether kdgraph's own entry says that the network scales its input once more.

    Networks that began with torchvision's weights of Inception and GoogLeNet do so, and their
    state dict does not show it.
    """
    if Path(path).suffix != ".safetensors":
        return False
    with safe_open(path, "pt") as file:
        told = _loaded((file.metadata() or {}).get(OURS, ""))
    return isinstance(told, Mapping) and told.get("transform_input") is True


def _plain(about: Mapping[str, str]) -> dict[str, object]:
    return {name: _loaded(about[name]) for name in ("mean", "std") if name in about}


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _numbers(found: Mapping[str, object], name: str) -> tuple[float, ...]:
    numbers = found.get(name)
    if not isinstance(numbers, list) or not all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in numbers
    ):
        msg = f"`{name}` is {json.dumps(numbers)[:30]}, not a list of numbers"
        raise ValueError(msg)
    return tuple(map(float, numbers))
