"""Precision at a network's boundary: it is given what it computes in, and gives what losses do.

Autocast is for networks. One around the whole step, as trainers put it there, reaches the
networks and leaves out all that the recipe computes of their values.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

import torch
from torch import Tensor, nn

from kdgraph.lower.frozen import everything


def computes_in(network: nn.Module) -> torch.dtype | None:
    """The precision of its first layer; None where it has no parameters of any.

    A layer that keeps its weights in whole numbers computes in the precision of what it is given:
    that of its scales says nothing.
    """
    parts = [list(module.parameters(recurse=False)) for module in everything(network)]
    plain = [held for held in parts if not any(map(_is_packed, held))]
    each = [one for held in plain for one in held]
    return next((one.dtype for one in each if one.is_floating_point()), None) or next(
        (one.real.dtype for one in each if one.is_complex()), None
    )


def _is_packed(weight: Tensor) -> bool:
    return not (weight.is_floating_point() or weight.is_complex())


def cast(value: Any, dtype: torch.dtype | None) -> Any:  # noqa: ANN401 - whatever a module takes
    """A value in this precision; labels and stored pixels stay as they are."""
    if not isinstance(value, Tensor) or dtype is None or not value.is_floating_point():
        return value
    return value.to(dtype)


def raised(value: Any, dtype: torch.dtype) -> Any:  # noqa: ANN401 - whatever a module gives
    """A value of a network as the loss computes with it; float64 stays."""
    if isinstance(value, Tensor) and value.is_quantized:
        value = value.dequantize()
    if isinstance(value, Tensor) and value.layout != torch.strided:
        value = value.to_dense()
    stays = isinstance(value, Tensor) and value.dtype == torch.float64
    return value if stays else cast(value, dtype)


def no_less(value: Any, dtype: torch.dtype) -> Any:  # noqa: ANN401 - whatever a step is given
    """A value given to the loss in half precision or less, as the loss computes with it."""
    if isinstance(value, Tensor) and value.itemsize < dtype.itemsize and value.itemsize <= HALF:
        return cast(value, dtype)
    return value


HALF = torch.half.itemsize


class Autocast:
    """The autocast of a step's networks, and of nothing else in the step.

    Attributes:
        precision: what the networks are run in; None for the autocast, if any, that the step is
            called under.
    """

    def __init__(self) -> None:
        self.precision: torch.dtype | None = None
        self.around: torch.dtype | None = None

    def left(self, device: torch.device) -> AbstractContextManager[object]:
        """Take note of the autocast around, and leave it for what is inside."""
        kind = device.type
        on = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
        self.around = torch.get_autocast_dtype(kind) if on else None
        return torch.autocast(kind, enabled=False) if on else nullcontext()

    def entered(self, device: torch.device) -> AbstractContextManager[object]:
        """Run what is inside as networks are run."""
        dtype = self.precision or self.around
        return nullcontext() if dtype is None else torch.autocast(device.type, dtype=dtype)


class Suited(nn.Module):
    """Runs a module of a network on values of the loss: `teacher.fc(v)`.

    A teacher in bfloat16 beside a student in float32 works: values go in as the module computes,
    and come out as the loss does.

    Args:
        module: the module of the network.
        dtype: what the loss computes in.
        autocast: of the networks.
    """

    def __init__(self, module: nn.Module, dtype: torch.dtype, autocast: Autocast) -> None:
        super().__init__()
        self.module = module
        self.dtype = dtype
        self.autocast = autocast
        self.takes = computes_in(module)

    def forward(self, *inputs: Any) -> Any:  # noqa: ANN401 - whatever the module takes and gives
        """What the module gives."""
        with self.autocast.entered(inputs[0].device):
            found = self.module(*(cast(one, self.takes) for one in inputs))
        return raised(found, self.dtype)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Know the module's precision after it changed."""
        super()._apply(fn, recurse)
        self.takes = computes_in(self.module)
        return self
