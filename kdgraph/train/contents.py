"""A digest of data: what was learnt from other pixels or labels is another teacher."""

from __future__ import annotations

import hashlib

from kdgraph.data.images import Examples, Images, Split
from kdgraph.data.stream import Stream


def digest(split: Split) -> str:
    """A hash of labels, class names, and pixels; of a stream's encoded images in their place."""
    summed = hashlib.sha256()
    for part in (split.train, split.test):
        _add(summed, part)
    return summed.hexdigest()[:16]


def _add(summed: hashlib._Hash, part: Examples) -> None:
    summed.update(repr((len(part), part.size, part.channels, part.names)).encode())
    summed.update(part.labels.cpu().numpy().tobytes())
    if isinstance(part, Images):
        summed.update(memoryview(part.pixels.cpu().contiguous().numpy()).cast("B"))
    if isinstance(part, Stream):
        summed.update(part.content.encode())
