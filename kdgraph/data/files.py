"""Images that are listed but not yet decoded: where each one lies, and its label."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UndecodableImage


class Items(Protocol):
    """Encoded images by number."""

    def encoded(self, item: int) -> bytes:
        """The bytes of an image file."""

    def place(self, item: int) -> str:
        """How a message names the image."""


@dataclass(frozen=True)
class Paths:
    """Image files on disk."""

    paths: tuple[str, ...]

    def encoded(self, item: int) -> bytes:
        """The bytes of an image file."""
        path = Path(self.paths[item])
        try:
            if path.exists() and not path.is_file():  # a pipe would be waited for
                raise RecipeError(UndecodableImage(place=self.place(item), reason="no plain file"))
            return path.read_bytes()
        except OSError as problem:
            reason = problem.strerror or str(problem)
            mistake = UndecodableImage(place=self.place(item), reason=reason)
            raise RecipeError(mistake) from problem

    def place(self, item: int) -> str:
        """The path, as code."""
        return f"`{self.paths[item]}`"


@dataclass(frozen=True)
class Rows:
    """Image files that are rows of Parquet shards, held in memory.

    Args:
        blobs: the bytes of every row, `None` where a row has none.
        shards: each shard's path, in order.
        starts: the number of each shard's first row.
    """

    blobs: tuple[bytes | None, ...]
    shards: tuple[str, ...]
    starts: tuple[int, ...]

    def encoded(self, item: int) -> bytes:
        """The bytes of an image file."""
        blob = self.blobs[item]
        if blob is None:
            raise RecipeError(UndecodableImage(place=self.place(item), reason="no bytes"))
        return blob

    def place(self, item: int) -> str:
        """Shard and row, the row counted from 0."""
        shard = bisect_right(self.starts, item) - 1
        return f"row {item - self.starts[shard]} of `{self.shards[shard]}`"


@dataclass(frozen=True, eq=False)
class Files:
    """The examples of one part of a data set, still encoded.

    Args:
        items: where the bytes are.
        rows: which item each example is, int64 (n,).
        labels: int64 (n,).
        names: the name of every class.
    """

    items: Items
    rows: Tensor
    labels: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        """How many examples."""
        return len(self.labels)

    def take(self, rows: Tensor) -> Files:
        """Only these examples, numbered anew in this order."""
        return replace(self, rows=self.rows[rows], labels=self.labels[rows])

    def relabel(self, labels: Tensor) -> Files:
        """The same images under other labels."""
        return replace(self, labels=labels)
