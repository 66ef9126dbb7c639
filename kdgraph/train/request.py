"""What a run was asked for, as the command line or a program says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What a run was asked for."""

    recipe: str
    on: str | None
    values: Mapping[str, object]
    seed: int = 0
    seeds: int = 1
    baseline: bool = True
