"""Precision at a network's boundary: it is given what it computes in, and gives what losses do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

from kdgraph.lower.frozen import everything


def computes_in(network: nn.Module) -> torch.dtype | None:
    """The precision of its first layer; None where it has no parameters of any."""
    parameters = (one for module in everything(network) for one in module.parameters(recurse=False))
    return next((one.dtype for one in parameters if one.is_floating_point()), None)


def cast(value: Any, dtype: torch.dtype | None) -> Any:  # noqa: ANN401 - whatever a module takes
    """A value in this precision; labels and stored pixels stay as they are."""
    if not isinstance(value, Tensor) or dtype is None or not value.is_floating_point():
        return value
    return value.to(dtype)


def raised(value: Any, dtype: torch.dtype) -> Any:  # noqa: ANN401 - whatever a module gives
    """A value of a network as the loss computes with it; float64 stays."""
    stays = isinstance(value, Tensor) and value.dtype == torch.float64
    return value if stays else cast(value, dtype)


class Suited(nn.Module):
    """Runs a module of a network on values of the loss: `teacher.fc(v)`.

    A teacher in bfloat16 beside a student in float32 works: values go in as the module computes,
    and come out as the loss does.

    Args:
        module: the module of the network.
        dtype: what the loss computes in.
    """

    def __init__(self, module: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.module = module
        self.dtype = dtype
        self.takes = computes_in(module)

    def forward(self, *inputs: Any) -> Any:  # noqa: ANN401 - whatever the module takes and gives
        """What the module gives."""
        return raised(self.module(*(cast(one, self.takes) for one in inputs)), self.dtype)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Know the module's precision after it changed."""
        super()._apply(fn, recurse)
        self.takes = computes_in(self.module)
        return self
