"""Pictures for tiny data sets: noise that a seed fixes."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NAMES = ("ant", "bee", "cow")


def picture(seed: int, height: int = 8, width: int = 8) -> NDArray[np.uint8]:
    """Noise (h, w, 3), another for each seed."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png(seed: int, height: int = 8, width: int = 8, kind: str = "PNG") -> bytes:
    """The same, as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(picture(seed, height, width)).save(file, kind)
    return file.getvalue()
