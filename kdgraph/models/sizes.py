"""Sizes of a known network's taps, for checking a recipe before anything is built."""

from __future__ import annotations

from kdgraph.models.known import KNOWN
from kdgraph.models.layout import Sizes


def known_sizes(name: str, classes: int, channels: int, height: int, width: int) -> Sizes | None:
    """Sizes of the aliases of a network of the zoo, without the batch axis.

    The channels of the image change no tap; they are asked for so that a caller
    says all it knows about the image.

    Returns:
        Alias to shape, a tuple of shapes for `maps` and `preact`; nothing for a network
        that is not of the zoo, or an image too small for it.

    >>> known_sizes("resnet20", 100, 3, 32, 32)["maps"]
    ((16, 32, 32), (32, 16, 16), (64, 8, 8))
    """
    known = KNOWN.get(name)
    if known is None or min(channels, height, width) < 1:
        return None
    stem, *maps = known.layout.maps(height, width)
    if min(maps[-1]) < 1:
        return None
    return {
        "logits": (classes,),
        "features": (known.layout.features,),
        "stem": stem,
        "maps": tuple(maps),
        "preact": tuple(maps),
    }
