"""The number of a place in a recipe: what keeps the draws of two augmentations apart."""

from __future__ import annotations

from hashlib import blake2b


def site(text: str) -> int:
    """A number from 0 to 2^63 - 1 for a text, the same on every machine.

    >>> site("flip(image)")
    2878065473415256169
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1
