"""Two views that are mixed have one size, and equally many rows an image."""

from __future__ import annotations

from torch import Tensor

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import UnsuitableView


def must_pair(word: str, a: Tensor, b: Tensor) -> None:
    """Refuse to mix images of different sizes, or different numbers of them.

    Raises:
        RecipeError: with both sizes.
    """
    if a.shape == b.shape:
        return
    told = " and ".join("x".join(map(str, one.shape[1:])) for one in (a, b))
    advice = "bring them to one size first, as with `resize`"
    if len(a) != len(b):
        told, advice = "not equally many of each image", "take one row of each, as in `only(v, 0)`"
    reason = f"images are {told}"
    raise RecipeError(UnsuitableView(view=word, reason=reason, advice=advice))
