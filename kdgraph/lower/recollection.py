"""The memory of a step: what its forwards staged, and its commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kdgraph.lower.ranks import Ranks
from kdgraph.memory.memory import Memory

MOST_STAGED = 1_000


@dataclass(frozen=True)
class _Part:
    """What one forward would write, and of how many rows."""

    writes: Mapping[str, dict[str, Tensor]]
    rows: int


class Recollection:
    """All memory of a step by name, with what waits to be written.

    The forward only stages. A forward in eval mode, or without gradient, stages nothing; the
    parts of an accumulated batch are staged one after the other and written together. With
    several ranks each stages its own rows, and writes those of all.

    Args:
        memories: by name.
        without_rows: the slots of each that have no rows, so that there are none to be gathered.
        ranks: how ranks tell one another their rows; None for one process.
    """

    def __init__(
        self,
        memories: Mapping[str, Memory],
        without_rows: Mapping[str, Collection[str]],
        ranks: Ranks | None = None,
    ) -> None:
        self.memories = dict(memories)
        self._without_rows = without_rows
        self._ranks = ranks
        self._peers = ranks.peers if ranks is not None else None
        self._staged: list[_Part] = []
        self.commits = 0

    def stage(self, writes: Mapping[str, Mapping[str, Tensor]], rows: int = 1) -> None:
        """Keep what a forward would write, in copies: the batch may be reused by its owner.

        Args:
            writes: by memory and slot.
            rows: of the batch.

        Raises:
            RuntimeError: a thousand forwards were never committed.
        """
        if not writes:
            return
        if len(self._staged) >= MOST_STAGED:
            msg = f"{MOST_STAGED} steps and no commit: call `step.commit()` after the optimiser"
            raise RuntimeError(msg)
        copies = {
            name: {slot: value.clone() for slot, value in values.items()}
            for name, values in writes.items()
        }
        self._staged.append(_Part(copies, rows))

    @torch.no_grad()
    def commit(self, finite: Tensor | None) -> None:
        """Write what is staged, each memory once."""
        staged, self._staged = self._staged, []
        self.commits += 1
        if self._peers is not None and self.memories:
            finite = self._peers.before_commit(
                sum(one.rows for one in staged), len(staged), self._flag(finite)
            )
        for name, memory in self.memories.items():
            parts = [one for one in staged if name in one.writes]
            if parts:
                memory.write(self._whole(name, parts), finite)

    def _flag(self, finite: Tensor | None) -> Tensor:
        if finite is not None:
            return finite
        one = next(buffer for memory in self.memories.values() for buffer in memory.buffers())
        return torch.ones((), dtype=torch.bool, device=one.device)

    def _whole(self, name: str, parts: Sequence[_Part]) -> dict[str, Tensor]:
        """The rows of all parts and of all ranks; of values without rows the parts' mean."""
        found: dict[str, Tensor] = {}
        for slot, first in parts[0].writes[name].items():
            values = [one.writes[name][slot] for one in parts]
            if slot in self._without_rows[name] or not first.ndim:
                found[slot] = _mean(values, [one.rows for one in parts])
            else:
                found[slot] = self._everyones(values)
        return found

    def _everyones(self, values: Sequence[Tensor]) -> Tensor:
        """The rows of all ranks in the order of the batch.

        The parts of a run's batch are cut out of a rank's rows; those of somebody's own loop are
        batches of all ranks, one after the other.
        """
        rows = torch.cat(values) if len(values) > 1 else values[0]
        if self._ranks is None:
            return rows
        every = self._ranks.everyones(rows)
        if self._peers is None or len(values) == 1:
            return every
        counts = [len(one) for one in values]
        ranks = [one.split(counts) for one in every.chunk(self._peers.size)]
        return torch.cat([rank[part] for part in range(len(counts)) for rank in ranks])

    @torch.no_grad()
    def start(self, name: str, value: Tensor) -> None:
        """Begin with a value of the caller's."""
        self.memories[name].start(value)


def _mean(values: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
    """A value of several batches: its mean over their rows."""
    if len(values) == 1:
        return values[0]
    total = sum(value * count for value, count in zip(values, rows, strict=True))
    assert isinstance(total, Tensor)
    return total / sum(rows)
