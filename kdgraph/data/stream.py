"""Images too many for memory: workers decode each batch while the one before trains."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from kdgraph.data.decode import Form, agree, dimensions, pixels
from kdgraph.data.files import Files
from kdgraph.data.images import Batch
from kdgraph.lang.diagnostics import Diagnostic, RecipeError

# how image files end that were written to their end
ENDINGS = ((b"\xff\xd8", b"\xff\xd9"), (b"\x89PNG", b"IEND\xaeB`\x82"))
TAIL = 64
WIDE = 16

Decoded = tuple[Tensor, Tensor] | tuple[Diagnostic, ...]


@dataclass(frozen=True, eq=False)
class Stream:
    """The examples of one part of a data set, decoded when they are asked for.

    What is read depends on the example numbers alone: any number of workers gives the same
    batches in the same order.
    """

    files: Files
    form: Form
    workers: int
    content: str = ""
    """a digest of all the encoded images, in their order"""

    def __len__(self) -> int:
        """How many examples."""
        return len(self.files)

    @property
    def labels(self) -> Tensor:
        """The class of every example, int64 (n,)."""
        return self.files.labels

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every class."""
        return self.files.names

    @property
    def channels(self) -> int:
        """3 for colour, 1 for grey."""
        return self.form.channels

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.form.height, self.form.width

    def pixels(self, rows: Iterable[int]) -> Tensor:
        """Decode these examples here and now: uint8 (b, c, h, w)."""
        items, form = self.files.items, self.form
        stack = [pixels(items, int(self.files.rows[row]), form) for row in rows]
        return torch.from_numpy(np.stack(stack) if stack else np.empty((0, *form.shape), np.uint8))

    def inspect(self, row: int) -> bytes:
        """Refuse an image that is cut short or none; whole files are known by their ends.

        Returns:
            a digest of the file, which has to be read for this anyway.
        """
        item = int(self.files.rows[row])
        data = self.files.items.encoded(item)
        whole = any(data.startswith(head) and end in data[-TAIL:] for head, end in ENDINGS)
        if whole:
            agree(self.files.items, item, self.form, *dimensions(self.files.items, item))
        else:
            pixels(self.files.items, item, self.form)
        return hashlib.blake2b(data, digest_size=WIDE).digest()

    def read(self, batches: Iterable[Tensor]) -> Iterator[Batch]:
        """One batch for each tensor of example numbers, in pinned memory where there is a GPU."""
        loader: DataLoader[Decoded] = DataLoader(
            _Decoding(self),
            batch_sampler=(numbers.tolist() for numbers in batches),
            num_workers=self.workers,
            collate_fn=_as_is,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # else each epoch would draw from the global one
        )
        for decoded in loader:
            first, *rest = decoded
            if not isinstance(first, Tensor):
                raise RecipeError(*decoded)
            examples = rest[0]
            yield Batch(first, self.labels[examples], examples)


class _Decoding(Dataset[Decoded]):
    """What a worker runs. A mistake travels back as a value: exceptions lose their fields."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __getitems__(self, rows: list[int]) -> Decoded:
        try:
            return self.stream.pixels(rows), torch.tensor(rows, dtype=torch.int64)
        except RecipeError as mistake:
            return mistake.diagnostics


def _as_is(decoded: Any) -> Any:  # noqa: ANN401 - DataLoader expects lists
    return decoded
