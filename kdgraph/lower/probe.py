"""What lies at a network's taps, found on a batch that counts for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import NetworkRefused
from kdgraph.lower.catch import Catch, Hooks
from kdgraph.lower.stand_in import (
    FAULTS,
    Forward,
    Looks,
    StandIn,
    first_line,
    for_real,
    on_meta,
    untouched,
)
from kdgraph.lower.tap import Tap, resolve


@dataclass(frozen=True)
class Reading:
    """What a tap gives: its shape, its dtype, and whether something later may write over it."""

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

    Runs on the meta device, where nothing is computed; only a network that looks at its values (a
    data-dependent `if`) is run for real. No weight is copied or changed.

    Raises:
        RecipeError: if a path names no tensor, or the network cannot take such a batch.
    """
    taps = [resolve(network, path) for path in paths]
    sample = torch.empty(tuple(sample_shape), dtype=dtype, device="meta")
    try:
        readings = _read_anyhow(network, taps, sample)
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

    Found by running two rows of zeros. True where the network looks at its values: another batch
    may take another way. Of the sample, shape and dtype count.

    Raises:
        RecipeError: if a tap gives no tensor in either mode.
    """
    found = [False] * len(taps)
    mistakes: list[RecipeError] = []
    # Two rows: batch norm in train mode refuses one.
    pair = torch.empty((2, *sample.shape[1:]), dtype=sample.dtype, device="meta")
    for training in (network.training, not network.training):
        try:
            readings = _read(network, taps, pair, training=training, by=for_real)
        except RecipeError as mistake:
            mistakes.append(mistake)
        except FAULTS:
            return (True,) * len(taps)
        else:
            found = [was or one.overwritten for was, one in zip(found, readings, strict=True)]
    if len(mistakes) > 1:
        raise mistakes[0]
    return (True,) * len(taps) if mistakes else tuple(found)


class _Watch(Catch):
    """A catch that also notes each tensor's version, which every in-place write raises."""

    def __init__(self, network: nn.Module, taps: Sequence[Tap]) -> None:
        super().__init__(network, taps)
        self.versions: list[list[int]] = [[] for _ in taps]

    def keep(self, slot: int, value: object) -> None:
        super().keep(slot, value)
        self.versions[slot].append(_writes(value))

    def read(self, forward: Forward, x: Tensor) -> tuple[Reading, ...]:
        with Looks() as looks:
            values = self.run(forward, x)
        versions = (seen[tap.call or 0] for tap, seen in zip(self.taps, self.versions, strict=True))
        changed = [_writes(value) != then for value, then in zip(values, versions, strict=True)]
        return tuple(
            Reading(tuple(value.shape), value.dtype, looks.any or new)
            for value, new in zip(values, changed, strict=True)
        )


def _writes(value: object) -> int:
    """How often a tensor was written over."""
    return value._version if isinstance(value, Tensor) else 0  # noqa: SLF001 - torch's only name


def _read_anyhow(network: nn.Module, taps: Sequence[Tap], sample: Tensor) -> tuple[Reading, ...]:
    with suppress(*FAULTS):
        return _read(network, taps, sample, training=False, by=on_meta)
    return _read(network, taps, sample, training=False, by=for_real)


def _read(
    network: nn.Module, taps: Sequence[Tap], sample: Tensor, *, training: bool, by: StandIn
) -> tuple[Reading, ...]:
    watch = _Watch(network, taps)
    with (
        Hooks(network, watch),
        torch.no_grad(),
        untouched(network),
        by(network, sample) as (forward, x),
    ):
        for module in network.modules():
            module.training = training
        return watch.read(forward, x)
