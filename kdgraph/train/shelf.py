"""Tables that a stage computes: kept like a teacher's weights, and taken up where one was killed.

The rows of a table come batch by batch. Those that are there are written down from time to time,
so that a killed process goes on behind them; the finished table lies under a hash of everything
that determines it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.resume import BrokenTable
from kdgraph.train import atomic, teacher
from kdgraph.train.lock import locked

TABLE, FILE, CARD = "table", "table.safetensors", "card.json"
PART, DIGEST = "rows-{:012d}.safetensors", ".sha256"

Rows = Callable[[int], Iterator[Tensor]]
"""from which example on → its row and those after it, some at a time"""


@dataclass(frozen=True)
class Shelf:
    """Where tables are kept.

    Attributes:
        folder: of all tables.
        begun: called when a table has to be computed, and is not on the shelf.
        warn: told of a kept table that cannot be used.
        waiting: called if another process is computing the same table.
        save_every: seconds between two times that rows are written down.
    """

    folder: Path
    begun: Callable[[], None]
    warn: Callable[[Diagnostic], None]
    waiting: Callable[[], None]
    save_every: float = 300.0

    def table(
        self, facts: Mapping[str, object], rows: Rows, whole: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """The table that these facts determine: from the shelf, else computed now.

        Args:
            facts: everything that determines it.
            rows: computes the rows of the examples, from one on.
            whole: makes the table of all rows.
        """
        name = teacher.key(facts)
        place = self.folder / name
        with locked(self.folder / f"{name}.lock", self.waiting):
            if place.exists():
                try:
                    return _read(place)
                except ValueError as fault:
                    self.warn(BrokenTable(path=str(place), reason=str(fault)))
                    shutil.rmtree(place)
            self.begun()
            workshop = place.with_suffix(".computing")
            table = whole(self._all_rows(workshop, rows)).cpu()
            _write(place, table, facts)
            shutil.rmtree(workshop, ignore_errors=True)
        return table

    def _all_rows(self, workshop: Path, rows: Rows) -> Tensor:
        """All rows, those that an earlier process has written down among them."""
        workshop.mkdir(parents=True, exist_ok=True)
        atomic.sweep(workshop)
        parts, there = _written(workshop)
        fresh: list[Tensor] = []
        saved = time.perf_counter()
        for part in rows(there):
            fresh.append(part.cpu())
            if time.perf_counter() - saved > self.save_every:
                parts.append(torch.cat(fresh))
                path = workshop / PART.format(there)
                digest = atomic.write_tensors(path, {TABLE: parts[-1]})
                atomic.write_text(path.with_suffix(DIGEST), digest)
                there, fresh, saved = there + len(parts[-1]), [], time.perf_counter()
        return torch.cat([*parts, *fresh])


def _written(workshop: Path) -> tuple[list[Tensor], int]:
    """The rows that were written down, as far as there is no gap, and how many these are."""
    parts: list[Tensor] = []
    there = 0
    while (path := workshop / PART.format(there)).exists():
        try:
            digest = path.with_suffix(DIGEST).read_text(encoding="utf-8")
            part = atomic.read_tensors(path, digest)[TABLE]
        except (OSError, ValueError, KeyError):
            break
        parts.append(part)
        there += len(part)
    return parts, there


def _read(place: Path) -> Tensor:
    """A kept table.

    Raises:
        ValueError: something is missing or changed.
    """
    try:
        sha256 = str(atomic.read_sealed(place / CARD)["sha256"])
    except KeyError as fault:
        msg = f"`{CARD}`: {fault}"
        raise ValueError(msg) from fault
    found = atomic.read_tensors(place / FILE, sha256)
    if TABLE not in found:
        msg = f"`{FILE}` holds no table"
        raise ValueError(msg)
    return found[TABLE]


def _write(place: Path, table: Tensor, facts: Mapping[str, object]) -> None:
    with atomic.new_folder(place) as draft:
        digest = atomic.write_tensors(draft / FILE, {TABLE: table})
        atomic.write_sealed(draft / CARD, {"facts": facts, "sha256": digest})
