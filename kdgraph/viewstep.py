"""What makes the views of a batch, as data: a list of steps that the compiler writes."""

from __future__ import annotations

from dataclasses import dataclass

RAW = "image"
"""what `inputs` call the batch as it was read"""


@dataclass(frozen=True)
class ViewStep:
    """One augmentation applied to one view.

    Args:
        name: of the view it makes.
        op: the augmentation, a word of the registry.
        inputs: the views it reads; `RAW` is the batch itself.
        knobs: its settings by name; those of a `*many` parameter are one tuple.
        site: the text its randomness hangs on; steps draw alike if and only if it is the same.
        rows: how many rows each image has in the result, one after the other.
    """

    name: str
    op: str
    inputs: tuple[str, ...] = (RAW,)
    knobs: tuple[tuple[str, object], ...] = ()
    site: str = ""
    rows: int = 1


def share_of(view: str) -> str:
    """What the kept share of a mixed view is called among the inputs of a step."""
    return f"share({view})"
