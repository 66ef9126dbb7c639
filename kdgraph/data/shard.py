"""One Parquet shard: its image and label columns, found and checked before they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import DamagedFile, WrongColumns

IMAGES = ("img", "image")
LABELS = ("label", "labels", "fine_label")
ABSENT = -1
HIGHEST = (1 << 63) - 1
"""the highest label that is told apart; it is never a class"""


@dataclass(frozen=True)
class Shard:
    """An open shard.

    Args:
        path: its file.
        file: the same, opened by pyarrow.
        image: the column of structs of `bytes` and `path`.
        label: the column of class numbers.
        names: of the classes, if the schema tells them.
    """

    path: Path
    file: pq.ParquetFile
    image: str
    label: str
    names: tuple[str, ...] | None

    def labels(self) -> NDArray[np.int64]:
        """The class of every row, `ABSENT` where it has none."""
        with damage(self.path):
            column = self.file.read([self.label]).column(0)
        if pa.types.is_uint64(column.type):
            column = pc.min_element_wise(column, pa.scalar(HIGHEST, pa.uint64()), skip_nulls=False)
        labels: NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), ABSENT).to_numpy()
        return labels

    def blobs(self) -> list[bytes | None]:
        """The encoded image of every row."""
        with damage(self.path):
            column = self.file.read([f"{self.image}.bytes"]).column(0)
        return [one and one["bytes"] for one in column.to_pylist()]

    @property
    def weight(self) -> int:
        """Bytes of all encoded images, as the file's own index says."""
        meta = self.file.metadata
        return sum(
            meta.row_group(group).column(column).total_uncompressed_size
            for group in range(meta.num_row_groups)
            for column in range(meta.num_columns)
            if meta.row_group(group).column(column).path_in_schema == f"{self.image}.bytes"
        )


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turn what pyarrow says of a broken file into a diagnostic that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise RecipeError(DamagedFile(file=str(path), reason=reason)) from problem


def opened(path: Path) -> Shard:
    """Open a shard; refuse one that is damaged or has other columns."""
    with damage(path):
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    image = next((one for one in IMAGES if one in schema.names and _is_image(schema, one)), None)
    label = next((one for one in LABELS if one in schema.names and _is_label(schema, one)), None)
    found = ", ".join(f"`{field.name}: {field.type}`" for field in schema)
    if image is None:
        wanted = "column `img` or `image` of structs with binary `bytes`"
        raise RecipeError(WrongColumns(file=str(path), expected=wanted, found=found))
    if label is None:
        wanted = "column `label`, `labels` or `fine_label` of whole numbers"
        raise RecipeError(WrongColumns(file=str(path), expected=wanted, found=found))
    return Shard(path, file, image, label, _names(schema, label))


def _is_image(schema: pa.Schema, name: str) -> bool:
    kind = schema.field(name).type
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    inner = kind.field("bytes").type
    return bool(pa.types.is_binary(inner) or pa.types.is_large_binary(inner))


def _is_label(schema: pa.Schema, name: str) -> bool:
    return bool(pa.types.is_integer(schema.field(name).type))


def _names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    try:
        about = json.loads((schema.metadata or {})[b"huggingface"])
        names = about["info"]["features"][label]["names"]
    except (KeyError, RecursionError, TypeError, ValueError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) else None
