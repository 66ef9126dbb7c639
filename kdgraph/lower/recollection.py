"""The memory of a step: what its forwards staged, and its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from kdgraph.memory.memory import Memory

MOST_STAGED = 1_000
Everyones = Callable[[Tensor], Tensor]


class Recollection:
    """All memory of a step by name, with what waits to be written.

    The forward only stages. A forward in eval mode, or without gradient, stages nothing; the
    parts of an accumulated batch are staged one after the other and written together. With
    several ranks each stages its own rows, and writes those of all.
    """

    def __init__(self, memories: Mapping[str, Memory], everyones: Everyones | None = None) -> None:
        self.memories = dict(memories)
        self._everyones = everyones
        self._staged: list[dict[str, dict[str, Tensor]]] = []
        self.commits = 0

    def stage(self, writes: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Keep what a forward would write, in copies: the batch may be reused by its owner.

        Raises:
            RuntimeError: a thousand forwards were never committed.
        """
        if not writes:
            return
        if len(self._staged) >= MOST_STAGED:
            msg = f"{MOST_STAGED} steps and no commit: call `step.commit()` after the optimiser"
            raise RuntimeError(msg)
        self._staged.append(
            {
                name: {slot: value.clone() for slot, value in values.items()}
                for name, values in writes.items()
            }
        )

    @torch.no_grad()
    def commit(self, finite: Tensor | None) -> None:
        """Write what is staged, each memory once."""
        staged, self._staged = self._staged, []
        self.commits += 1
        for name, memory in self.memories.items():
            parts = [one[name] for one in staged if name in one]
            if parts:
                memory.write(self._all(_together(parts)), finite)

    def _all(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """The rows of all ranks; a number is the same on each."""
        if self._everyones is None:
            return values
        return {slot: self._everyones(one) if one.ndim else one for slot, one in values.items()}

    @torch.no_grad()
    def start(self, name: str, value: Tensor) -> None:
        """Begin with a value of the caller's."""
        self.memories[name].start(value)


def _together(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The rows of all parts; of numbers the mean, weighted by the rows beside them."""
    if len(parts) == 1:
        return parts[0]
    return {slot: _joined([one[slot] for one in parts]) for slot in parts[0]}


def _joined(values: Iterable[Tensor]) -> Tensor:
    found = list(values)
    return torch.cat(found) if found[0].ndim else torch.stack(found).mean(0)
