"""Listed images become pixels in memory where they fit, else a stream; every one is looked at."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch

from kdgraph.data.decode import Form, dimensions, pixels
from kdgraph.data.files import Files
from kdgraph.data.images import Images
from kdgraph.data.stream import WIDE, Stream
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.data import PixelsWithoutRange, UndecodableImage

CHUNK = 256
SHOWN = 5
# below this many encoded bytes an image is decoded faster than threads change places
WORTH_A_THREAD = 16_384


def form_of(files: Files, channels: int, size: int | None) -> Form:
    """The shape of all the images: the size asked for, else that of the first."""
    if size is not None:
        return Form(channels, size, size, fit=True)
    height, width = dimensions(files.items, int(files.rows[0]))
    return Form(channels, height, width, fit=False)


def hold(files: Files, form: Form, *, budget: int, workers: int) -> Images | Stream:
    """Decode everything, if the pixels stay within `budget` bytes; else check and stream."""
    if len(files) * int(np.prod(form.shape)) > budget:
        return _inspected(Stream(files, form, workers))
    held = np.empty((len(files), *form.shape), dtype=np.uint8)

    def fill(row: int) -> None:
        held[row] = pixels(files.items, int(files.rows[row]), form)

    _everywhere(files, fill)
    return Images(torch.from_numpy(held), files.labels, files.names)


def _inspected(stream: Stream) -> Stream:
    """The stream, every image of it looked at, with a digest of them all."""
    seen = bytearray(len(stream) * WIDE)

    def look(row: int) -> None:
        seen[row * WIDE : (row + 1) * WIDE] = stream.inspect(row)

    _everywhere(stream.files, look)
    return replace(stream, content=hashlib.sha256(seen).hexdigest())


def _everywhere(files: Files, act: Callable[[int], None]) -> None:
    """Do something for every example, in threads where that is faster; gather the mistakes."""
    sample = range(0, len(files), max(1, len(files) // 16))
    weight = sum(_weight(files, row) for row in sample) / len(sample)
    threads = (os.cpu_count() or 1) if weight > WORTH_A_THREAD else 1
    starts = range(0, len(files), CHUNK)

    def part(start: int) -> list[Diagnostic]:
        return list(_mistakes(range(start, min(start + CHUNK, len(files))), act))

    with ThreadPoolExecutor(threads) as pool:
        found = [one for mistakes in pool.map(part, starts) for one in mistakes]
    if found:
        raise RecipeError(*_fewer(found))


def _weight(files: Files, row: int) -> int:
    try:
        return len(files.items.encoded(int(files.rows[row])))
    except RecipeError:
        return 0


def _mistakes(rows: range, act: Callable[[int], None]) -> Iterator[Diagnostic]:
    for row in rows:
        try:
            act(row)
        except RecipeError as mistake:
            yield from mistake.diagnostics


def _fewer(found: list[Diagnostic]) -> list[Diagnostic]:
    shown, rest = found[:SHOWN], len(found) - SHOWN
    last = shown[-1]
    if rest > 0 and isinstance(last, UndecodableImage | PixelsWithoutRange):
        shown[-1] = replace(last, more=f"; {rest} more have such a fault")
    return shown
