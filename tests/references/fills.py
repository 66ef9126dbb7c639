"""Inputs that any language can rebuild: two closed forms, in double precision."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def steps(shape: tuple[int, ...], a: int, b: int, d: float) -> Array:
    """Entry n of the flat array is (((a·n + b) mod 17) − 8) / d."""
    n = np.arange(np.prod(shape))
    return (((a * n + b) % 17 - 8) / d).reshape(shape)


def wave(shape: tuple[int, ...], a: float, b: float, s: float = 1.0) -> Array:
    """Entry n of the flat array is s·sin(a·n + b)."""
    n = np.arange(np.prod(shape), dtype=np.float64)
    return (s * np.sin(a * n + b)).reshape(shape)
