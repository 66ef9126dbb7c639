"""What a run was asked for, as the command line or a program says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What a run was asked for.

    Attributes:
        ground: the seed of what all seeds share, teachers and groundwork; the first one, if
            nothing else is said.
    """

    recipe: str
    on: str | None
    values: Mapping[str, object]
    seed: int = 0
    seeds: int = 1
    baseline: bool = True
    ground: int | None = None

    @property
    def shared(self) -> int:
        """The seed of teachers and groundwork."""
        return self.seed if self.ground is None else self.ground
