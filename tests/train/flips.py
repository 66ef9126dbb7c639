"""Single bits of a file turned over, as a disk does it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path


def flips(path: Path, number: int = 300) -> Iterator[int]:
    """The file with one bit turned over, at so many places; as it was, at the end.

    Gives the number of the bit. A small file has each of its bits turned over.
    """
    whole = path.read_bytes()
    bits = range(8 * len(whole))
    chosen = bits if len(bits) <= number else random.Random(7).sample(bits, number)
    for bit in chosen:
        spoilt = bytearray(whole)
        spoilt[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoilt)
        yield bit
    path.write_bytes(whole)
