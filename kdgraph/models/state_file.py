"""Read a state dict from a file of weights, without ever running what is in it."""

from __future__ import annotations

import argparse
import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.weights import (
    WeightsMissing,
    WeightsRunCode,
    WeightsUnreadable,
    WeightsWithoutState,
)
from kdgraph.lang.source import Span

UNDER = ("model", "state_dict")
STARTS = (b"PK\x03\x04", b"\x80\x02")
DAMAGE = (AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError)
REFUSED = re.compile(r"unsupported global:? (?:GLOBAL )?(?P<name>[\w.]+)", re.IGNORECASE)


def read_state(path: str, *, span: Span | None = None) -> dict[str, Tensor]:
    """Names and tensors of a `.safetensors` file or of what `torch.save` wrote.

    The state dict may be the whole file or stand under `model` or `state_dict`; the prefix
    `module.`, which data parallel training leaves, is taken off.

    Raises:
        RecipeError: no file, no file of weights, or one that holds Python objects.
    """
    file = Path(path)
    if not file.is_file():
        beside = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
        found = "a folder" if file.is_dir() else "no such file"
        near = suggest(file.name, beside)
        raise RecipeError(WeightsMissing(path=path, found=found, near=near, span=span))
    whole = _safetensors(path, span) if file.suffix == ".safetensors" else _torch(path, span)
    inner = whole
    if isinstance(whole, Mapping):
        inner = next((whole[key] for key in UNDER if isinstance(whole.get(key), Mapping)), whole)
    if not isinstance(inner, Mapping) or not inner or not _are_tensors(inner):
        raise RecipeError(WeightsWithoutState(path=path, found=_told(whole), span=span))
    return {str(name).removeprefix("module."): tensor for name, tensor in inner.items()}


def _safetensors(path: str, span: Span | None) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, "safetensors", str(error), span) from error


def _torch(path: str, span: Span | None) -> object:
    kind = "a file of `torch.save`"
    try:
        with Path(path).open("rb") as file:
            start = file.read(4)
        if not start.startswith(STARTS):
            raise _unreadable(path, kind, "it does not begin as such a file does", span)
        # many checkpoints of papers keep their command line's options; they run nothing
        with torch.serialization.safe_globals([argparse.Namespace]):
            whole: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        refused = REFUSED.search(str(error))
        if refused is None:
            raise _unreadable(path, kind, "it is damaged", span) from error
        code = WeightsRunCode(path=path, found=refused["name"], span=span)
        raise RecipeError(code) from error
    except DAMAGE as error:
        raise _unreadable(path, kind, str(error), span) from error
    return whole


def _unreadable(path: str, kind: str, text: str, span: Span | None) -> RecipeError:
    reason = text.strip().partition("\n")[0].partition(". ")[0] or "it is damaged"
    return RecipeError(WeightsUnreadable(path=path, kind=kind, reason=reason, span=span))


def _are_tensors(state: Mapping[object, object]) -> bool:
    return all(isinstance(value, Tensor) for value in state.values())


def _told(whole: object) -> str:
    if not isinstance(whole, Mapping):
        return f"one `{type(whole).__name__}`"
    keys = [f"`{key}`" for key in list(whole)[:6]]
    return ", ".join(keys) if keys else "nothing"
