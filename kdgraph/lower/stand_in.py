"""Ways to run a network without wear: on tensors without values, or for real and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode
from torch.random import fork_rng

T = TypeVar("T")
Forward = Callable[[Tensor], object]
StandIn = Callable[[nn.Module, Tensor], AbstractContextManager[tuple[Forward, Tensor]]]

# What somebody else's forward may raise on a stand-in, or on images that do not suit it.
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


def first_line(fault: BaseException) -> str:
    """What an exception says, short enough for a message."""
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)


# How a tensor's values get to Python.
LOOKS = frozenset(
    {
        Tensor.__bool__,
        Tensor.__float__,
        Tensor.__index__,
        Tensor.__int__,
        Tensor.allclose,
        Tensor.equal,
        Tensor.is_nonzero,
        Tensor.item,
        Tensor.numpy,
        Tensor.tolist,
        torch.allclose,
        torch.equal,
        torch.is_nonzero,
    }
)


@contextmanager
def untouched(network: nn.Module) -> Iterator[None]:
    """Undo what happens to the modules' attributes: modes, and what a forward caches."""
    before = [
        (module, dict(vars(module)), dict(module._buffers))  # noqa: SLF001 - there is no other way
        for module in network.modules()
    ]
    try:
        yield
    finally:
        for module, attributes, buffers in before:
            _restore(vars(module), attributes)
            _restore(module._buffers, buffers)  # noqa: SLF001 - there is no other way


def _restore(now: dict[str, T], before: dict[str, T]) -> None:
    for name in now.keys() - before.keys():
        del now[name]
    now.update(before)


@contextmanager
def on_meta(network: nn.Module, sample: Tensor) -> Iterator[tuple[Forward, Tensor]]:
    """Lend the network tensors without values, also for those that it keeps as plain attributes."""
    for module in network.modules():
        held = {key: one for key, one in vars(module).items() if isinstance(one, Tensor)}
        vars(module).update({key: _hollow(one) for key, one in held.items()})
    weights = {name: _hollow(one) for name, one in _named_tensors(network)}
    with torch.device("meta"):
        yield partial(functional_call, network, weights), torch.empty_like(sample)


@contextmanager
def for_real(network: nn.Module, sample: Tensor) -> Iterator[tuple[Forward, Tensor]]:
    """The network itself, for zeros; buffers and random generators are put back.

    For two images this is no work, whereas the first use of the meta device costs seconds: it
    loads PyTorch's compiler.
    """
    device = _device(network)
    kept = [(one, one.clone()) for one in network.buffers()]
    with fork_rng([device] if device.type == "cuda" else []):
        try:
            yield network, torch.zeros(sample.shape, dtype=sample.dtype, device=device)
        finally:
            for buffer, before in kept:
                if not (buffer.is_meta or equal(buffer, before)):
                    buffer.resize_(before.shape).copy_(before)  # an observer fits it to a batch


def equal(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are of one shape and hold the same, whatever their layout."""
    if one.layout == torch.strided:
        return torch.equal(one, other)
    return torch.equal(one.to_dense(), other.to_dense())


class Looks(TorchFunctionMode):
    """Notes whether a forward looks at values, so that another batch may take another way."""

    def __init__(self) -> None:
        super().__init__()
        self.any = False

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        """Let a function of torch do what it does."""
        del types
        self.any = self.any or func in LOOKS
        return func(*args, **(kwargs or {}))


def _device(network: nn.Module) -> torch.device:
    return next((one.device for _, one in _named_tensors(network)), torch.device("cpu"))


def _named_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return chain(network.named_parameters(), network.named_buffers())


def _hollow(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor, device="meta")
