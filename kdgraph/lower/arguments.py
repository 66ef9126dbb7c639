"""What `kdgraph.compile` is given, compared with what it takes before anything is built of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kdgraph.graph.world import Computed
from kdgraph.lang.arguments import kind_of
from kdgraph.lang.errors.suggest import suggest


def models_in(models: object) -> dict[str, nn.Module]:
    """The models by name.

    Raises:
        TypeError: no mapping, or one of something else than modules.
    """
    if not isinstance(models, (Mapping, nn.ModuleDict)):
        wanted = 'modules by the recipe\'s names, as in models={"student": net}'
        msg = f"models takes {wanted}, not {kind_of(models)}"
        raise TypeError(msg)
    found: dict[str, nn.Module] = {}
    for name, model in models.items():
        if not isinstance(name, str):
            msg = f"models takes names as text, not {name!r}"
            raise TypeError(msg)
        if not isinstance(model, nn.Module):
            hint = ""
            if isinstance(model, type) and issubclass(model, nn.Module):
                hint = f": make one, as in {model.__name__}(…)"
            elif callable(model):
                hint = ": put it into the forward of a module"
            msg = f"the model {name!r} is {kind_of(model)}, not a torch.nn.Module{hint}"
            raise TypeError(msg)
        found[name] = model
    return found


def check_sample(sample: object) -> None:
    """Refuse other than a batch of images.

    Raises:
        TypeError: no tensor.
        ValueError: a tensor without rows.
    """
    if not isinstance(sample, Tensor):
        hint = ""
        if isinstance(sample, Mapping):
            hint = ': give the images in it, as in batch["image"]'
        elif isinstance(sample, (list, tuple)):
            hint = ": give the images in it, as in batch[0]"
        elif hasattr(sample, "__array__"):
            hint = ": give torch.as_tensor(sample)"
        msg = f"sample takes a batch of images as a tensor, not {kind_of(sample)}{hint}"
        raise TypeError(msg)
    if sample.ndim < 2:  # noqa: PLR2004 - rows, and what is in a row
        msg = f"sample takes a batch, such as (b, c, h, w), not a tensor of {tuple(sample.shape)}"
        raise ValueError(msg)


def labels_in(labels: object) -> Tensor:
    """The labels of all training examples, int64 (n,); a list will do, as `dataset.targets` is.

    Raises:
        TypeError: no whole numbers.
        ValueError: not one for each example, or below 0.
    """
    found = _tensor("labels", labels, "a whole number for each training example")
    if found.ndim != 1 or not len(found):
        wanted = "takes one whole number for each training example"
        msg = f"labels {wanted}, and these are of shape {tuple(found.shape)}"
        raise ValueError(msg)
    if found.dtype == torch.bool or found.is_floating_point() or found.is_complex():
        short = str(found.dtype).removeprefix("torch.")
        msg = f"labels takes whole numbers, such as int64, not {short}"
        raise TypeError(msg)
    found = found.to(torch.int64)
    if found.device.type != "meta" and int(found.min()) < 0:
        msg = f"labels holds {int(found.min())}; classes count from 0"
        raise ValueError(msg)
    return found


def tables_in(tables: object, known: Mapping[str, Computed]) -> dict[str, Tensor]:
    """What earlier stages have computed, by their names.

    Raises:
        TypeError: no mapping of names to tensors.
        ValueError: a stage of this name computes nothing, or something of another shape.
    """
    if not isinstance(tables, Mapping):
        msg = f"tables takes tensors by the names of stages, not {kind_of(tables)}"
        raise TypeError(msg)
    found: dict[str, Tensor] = {}
    for name, given in tables.items():
        if name not in known:
            near = suggest(str(name), known) or f"those that do are {', '.join(known) or 'none'}"
            msg = f"no stage called {name!r} computes a table: {near}"
            raise ValueError(msg)
        table = _tensor(f"the table {name!r}", given, "a row for each training example")
        if table.layout != torch.strided:
            msg = f"the table {name!r} is sparse: give `table.to_dense()`"
            raise ValueError(msg)
        computed = known[name]
        axes = computed.axes
        if axes is not None and not _fits(tuple(table.shape), axes):
            shown = ", ".join("?" if size is None else str(size) for size in axes)
            here = f"the table {name!r} is ({shown}) in the recipe"
            msg = f"{here}, but the value given has the shape {tuple(table.shape)}"
            raise ValueError(msg)
        if computed.sort == "Labels":
            if table.is_floating_point() or table.dtype == torch.bool:
                msg = f"the table {name!r} takes whole numbers, such as int64"
                raise TypeError(msg)
            table = table.to(torch.int64)
            if table.numel() and table.device.type != "meta" and int(table.min()) < 0:
                msg = f"the table {name!r} holds {int(table.min())}; its numbers count from 0"
                raise ValueError(msg)
        found[name] = table
    return found


def check_dtype(dtype: object) -> None:
    """Refuse a type that losses can't be computed in.

    Raises:
        TypeError: no floating-point type of torch.
    """
    if dtype is None or (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        return
    shown = dtype if isinstance(dtype, torch.dtype) else kind_of(dtype)
    msg = f"dtype takes a floating-point type, such as torch.float64, not {shown}"
    raise TypeError(msg)


def flag_in(finite: object, device: torch.device) -> Tensor:
    """Whether a step was finite, as one truth value on the device.

    Raises:
        TypeError: no truth value.
        ValueError: several.
    """
    if isinstance(finite, bool):
        return torch.full((), finite, dtype=torch.bool, device=device)
    if not isinstance(finite, Tensor) or finite.dtype != torch.bool:
        shown = finite.dtype if isinstance(finite, Tensor) else kind_of(finite)
        msg = f"commit takes a truth value, such as `total.isfinite()`, not {shown}"
        raise TypeError(msg)
    if finite.numel() != 1:
        msg = f"commit takes one truth value, not {tuple(finite.shape)}: use `.all()`"
        raise ValueError(msg)
    return finite.reshape(()).to(device, non_blocking=True)


def _tensor(argument: str, value: Any, wanted: str) -> Tensor:  # noqa: ANN401 - what somebody gave
    """A tensor of a tensor, an array or a list."""
    if isinstance(value, Tensor):
        return value
    listed = isinstance(value, (list, tuple)) or hasattr(value, "__array__")
    try:
        if listed:
            return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        pass  # a ragged list, or one of something else than numbers
    msg = f"{argument} takes {wanted}, as a tensor, an array or a list, not {kind_of(value)}"
    raise TypeError(msg)


def _fits(shape: tuple[int, ...], axes: tuple[int | None, ...]) -> bool:
    return len(shape) == len(axes) and all(
        wanted in {None, size} for size, wanted in zip(shape, axes, strict=True)
    )
