"""What kind of thing a value is, and which axes it has.

A sort says what the numbers mean: logits are not a distribution, labels are neither.
Axis names say which sizes must agree. Both stand in the signature of a primitive:

    def cross_entropy(guess: Logits[Tensor, "b k"], truth: Labels[Tensor, "b"]) -> Scalar

An axis pattern is names with spaces between: one name, one size. `...` is any number of
axes, the same ones everywhere in a signature; a number is a size; the name of a knob is
the size the knob gives. Nothing here imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

__all__ = [
    "REFUSES", "SORTS", "Distribution", "Embedding", "Image", "Labels", "LogDistribution",
    "Logits", "Map", "Mask", "Scalar", "Table", "Tokens", "Typed", "Values", "accepts",
]  # fmt: skip

SORTS = {
    "Tensor": "any tensor",
    "Logits": "scores over classes, before a softmax",
    "Distribution": "probabilities that sum to one along the last axis",
    "LogDistribution": "logarithms of probabilities",
    "Scaled": "probabilities times a number, which sum to that number",
    "Embedding": "one vector for each row",
    "Map": "feature maps: channels over height and width",
    "Tokens": "one vector for each place of an image, as transformers keep them",
    "Labels": "whole numbers that name a class, one for each row",
    "Mask": "one truth value or 0/1 weight for each row",
    "Scalar": "one number",
    "Image": "a batch of images",
    "Table": "a row for each example of the data set",
}


@dataclass(frozen=True)
class Typed:
    """A sort with an axis pattern, as an annotation carries it."""

    sort: str
    axes: str


if TYPE_CHECKING:
    from typing import Annotated as Distribution
    from typing import Annotated as Embedding
    from typing import Annotated as Image
    from typing import Annotated as Labels
    from typing import Annotated as LogDistribution
    from typing import Annotated as Logits
    from typing import Annotated as Map
    from typing import Annotated as Mask
    from typing import Annotated as Table
    from typing import Annotated as Tokens
    from typing import Annotated as Values

    Scalar = Any
else:

    class _Sort:
        """A sort that takes axes in brackets: `Logits[Tensor, "b k"]`."""

        def __init__(self, name: str) -> None:
            self.name = name

        def __getitem__(self, inside: tuple[object, str]) -> Typed:
            return Typed(self.name, inside[1])

        def __repr__(self) -> str:
            return self.name

    Logits, Distribution, LogDistribution = map(
        _Sort, ("Logits", "Distribution", "LogDistribution")
    )
    Embedding, Map, Labels, Mask = map(_Sort, ("Embedding", "Map", "Labels", "Mask"))
    Image, Table, Tokens = map(_Sort, ("Image", "Table", "Tokens"))
    Values = _Sort("Tensor")
    Scalar = Typed("Scalar", "")

# What a slot of the first sort must never be given. Everything else is allowed: a sort
# that is not known is never refused.
REFUSES = {
    "Logits": {"Distribution", "Scaled", "LogDistribution", "Labels", "Mask", "Image", "Scalar"},
    "Distribution": {
        "Logits",
        "Scaled",
        "LogDistribution",
        "Labels",
        "Mask",
        "Image",
        "Scalar",
        "Embedding",
        "Map",
        "Tokens",
    },
    "Labels": {"Logits", "Distribution", "LogDistribution", "Embedding", "Map", "Tokens", "Image"},
    "Map": {"Labels", "Scalar", "Embedding", "Tokens"},
    "Tokens": {"Labels", "Scalar", "Embedding", "Map", "Image"},
    "Embedding": {"Labels", "Scalar", "Map", "Tokens"},
    "Scalar": {"Map", "Tokens", "Image"},
    "Mask": {
        "Labels",
        "Logits",
        "Distribution",
        "LogDistribution",
        "Embedding",
        "Map",
        "Tokens",
        "Image",
    },
}


def accepts(wanted: str, found: str) -> bool:
    """Whether a slot of sort `wanted` takes a value of sort `found`.

    >>> accepts("Logits", "Distribution"), accepts("Logits", "Tensor")
    (False, True)
    """
    return found not in REFUSES.get(wanted, ())
