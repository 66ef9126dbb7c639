"""Which files are the shards of a data set, as the Hugging Face hub names them."""

from __future__ import annotations

import re
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import MissingFiles

SHARD = re.compile(r"(?P<part>\w+)-(?P<number>\d{5})-of-(?P<count>\d{5})(-\w+)?\.parquet")
TESTS = ("test", "validation", "valid", "val")


def series(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The shards of each part (`train`, `test`, …), in order; a gap in a series is a mistake.

    They lie in the folder itself or in the first of its folders that has any, as the hub's
    `data` and `plain_text`.
    """
    found: dict[str, dict[tuple[int, int], Path]] = {}
    for path in _candidates(folder):
        match = SHARD.fullmatch(path.name)
        if match:
            at = int(match["count"]), int(match["number"])
            found.setdefault(match["part"], {})[at] = path
    gaps = [MissingFiles(folder=str(folder), missing=gap) for gap in _gaps(found)]
    if gaps:
        raise RecipeError(*gaps)
    return {part: tuple(path for _, path in sorted(at.items())) for part, at in found.items()}


def _candidates(folder: Path) -> list[Path]:
    inside = sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    for place in (folder, *inside):
        here = [one for one in place.glob("*.parquet") if SHARD.fullmatch(one.name)]
        if here:
            return here
    return []


def _gaps(found: dict[str, dict[tuple[int, int], Path]]) -> list[str]:
    gaps = []
    for part, shards in found.items():
        for count in sorted({count for count, _ in shards}):
            absent = [one for one in range(count) if (count, one) not in shards]
            names = [f"`{part}-{one:05}-of-{count:05}.parquet`" for one in absent]
            shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "")
            gaps += [shown] if names else []
    return gaps
