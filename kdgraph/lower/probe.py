"""What lies at a network's taps, found without computing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import NetworkRefused
from kdgraph.lower.catch import Catch, Hooks
from kdgraph.lower.tap import Tap, resolve

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


@dataclass(frozen=True)
class Reading:
    """What a tap gives: its shape, its dtype, and whether something later writes over it."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    overwritten: bool


def tap_shapes(
    network: nn.Module,
    paths: Sequence[str | Tap],
    sample_shape: Sequence[int],
    dtype: torch.dtype = torch.float32,
) -> dict[str, tuple[int, ...]]:
    """The shape at each tap for a batch of this shape, in eval mode.

    Runs on the meta device, else on fake tensors; only a network that looks at its values (a
    data-dependent `if`) is run for real. No weight is copied or changed.

    Raises:
        RecipeError: if a path names no tensor, or the network cannot take such a batch.
    """
    taps = [resolve(network, path) for path in paths]
    try:
        sample = torch.empty(tuple(sample_shape), dtype=dtype, device="meta")
        readings = _read(network, taps, sample, training=False, by=(_on_meta, _on_fakes, _for_real))
    except FAULTS as fault:
        refused = NetworkRefused(
            network=type(network).__name__,
            shape=str(tuple(sample_shape)),
            reason=first_line(fault),
        )
        raise RecipeError(refused) from fault
    return {tap.path: one.shape for tap, one in zip(taps, readings, strict=True)}


def overwritten(network: nn.Module, taps: Sequence[Tap], sample: Tensor) -> tuple[bool, ...]:
    """Whether a tap's value is later written over by an in-place operation, in train or eval mode.

    True where it cannot be known without running the network for real. Of the sample, shape and
    dtype count.

    Raises:
        RecipeError: if a tap gives no tensor in either mode.
    """
    found = [False] * len(taps)
    mistakes: list[RecipeError] = []
    # Two rows: batch norm in train mode refuses one.
    pair = torch.empty((2, *sample.shape[1:]), dtype=sample.dtype, device="meta")
    for training in (network.training, not network.training):
        try:
            readings = _read(network, taps, pair, training=training, by=(_on_meta, _on_fakes))
        except RecipeError as mistake:
            mistakes.append(mistake)
        except FAULTS:
            return (True,) * len(taps)
        else:
            found = [was or one.overwritten for was, one in zip(found, readings, strict=True)]
    if len(mistakes) > 1:
        raise mistakes[0]
    return (True,) * len(taps) if mistakes else tuple(found)


def first_line(fault: BaseException) -> str:
    """What an exception says, short enough for a message."""
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)


class _Watch(Catch):
    """A catch that also notes each tensor's version, which every in-place write raises."""

    def __init__(self, network: nn.Module, taps: Sequence[Tap]) -> None:
        super().__init__(network, taps)
        self.versions: dict[int, int] = {}

    def keep(self, slot: int, value: object) -> None:
        super().keep(slot, value)
        if isinstance(value, Tensor):
            self.versions[slot] = value._version  # noqa: SLF001 - the only name torch gives it

    def read(self, forward: Forward, x: Tensor) -> tuple[Reading, ...]:
        return tuple(
            Reading(tuple(value.shape), value.dtype, value._version != self.versions[slot])  # noqa: SLF001
            for slot, value in enumerate(self.run(forward, x))
        )


def _read(
    network: nn.Module,
    taps: Sequence[Tap],
    sample: Tensor,
    *,
    training: bool,
    by: Sequence[StandIn],
) -> tuple[Reading, ...]:
    """Read the taps by the first stand-in that gets through; the last one's fault is raised."""
    *first, last = by
    for stand_in in first:
        with suppress(*FAULTS):
            return _read(network, taps, sample, training=training, by=(stand_in,))
    watch = _Watch(network, taps)
    hooks = Hooks(network, watch)
    try:
        with torch.no_grad(), untouched(network), last(network, sample) as (forward, x):
            for module in network.modules():
                module.training = training
            return watch.read(forward, x)
    finally:
        hooks.close()


@contextmanager
def untouched(network: nn.Module) -> Iterator[None]:
    """Undo what happens to the modules' attributes: modes, and what a forward caches."""
    before = [
        (module, dict(vars(module)), dict(module._buffers))  # noqa: SLF001
        for module in network.modules()
    ]
    try:
        yield
    finally:
        for module, attributes, buffers in before:
            _restore(vars(module), attributes)
            _restore(module._buffers, buffers)  # noqa: SLF001


def _restore(now: dict[str, T], before: dict[str, T]) -> None:
    for name in now.keys() - before.keys():
        del now[name]
    now.update(before)


def _named_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return chain(network.named_parameters(), network.named_buffers())


@contextmanager
def _on_meta(network: nn.Module, sample: Tensor) -> Iterator[tuple[Forward, Tensor]]:
    weights = {name: torch.empty_like(one, device="meta") for name, one in _named_tensors(network)}
    with torch.device("meta"):
        yield partial(functional_call, network, weights), torch.empty_like(sample)


@contextmanager
def _on_fakes(network: nn.Module, sample: Tensor) -> Iterator[tuple[Forward, Tensor]]:
    device = _device(network)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        weights: dict[str, Tensor] = {
            name: mode.from_tensor(one) for name, one in _named_tensors(network)
        }
        x = torch.empty_like(sample, device=device)
        yield partial(functional_call, network, weights), x


@contextmanager
def _for_real(network: nn.Module, sample: Tensor) -> Iterator[tuple[Forward, Tensor]]:
    yield network, torch.zeros_like(sample, device=_device(network))


def _device(network: nn.Module) -> torch.device:
    return next((one.device for _, one in _named_tensors(network)), torch.device("cpu"))
