"""Words that a recipe needs and this version may not have: known by signature, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kdgraph.graph.forms import FORMS
from kdgraph.primitive import REQUIRED, Parameter, Signature
from kdgraph.registry import REGISTRY


def edge(
    name: str, sort: str = "Tensor", axes: str = "...", default: object = REQUIRED
) -> Parameter:
    return Parameter(name, sort=sort, axes=axes, default=default)


def knob(name: str, kind: str, default: object = REQUIRED) -> Parameter:
    return Parameter(name, knob=kind, default=default)


def word(
    name: str, result: str, *slots: Parameter, kind: str = "primitive", **flags: object
) -> Signature:
    sort, _, axes = result.partition(" ")
    listed = tuple(sorted(flags.items()))
    return Signature(name, slots, sort, axes, "", f"tests:{name}", kind, listed)


IMAGES, VECTORS = ("Image", "b c h w"), ("Embedding", "b d")
WORDS = (
    word(
        "bank",
        "Table examples d",
        edge("v", *VECTORS),
        knob("momentum", "Share", 0.5),
        kind="memory",
    ),
    word("queue", "Table size d", edge("v", *VECTORS), knob("size", "Count"), kind="memory"),
    word("once", "Tensor ...", edge("v"), kind="memory"),
    word("delay", "Tensor", kind="memory", record=True),
    word(
        "negatives",
        "Labels b n",
        edge("i", "Labels", "b"),
        knob("k", "Count"),
        edge("other", "Labels", "b", None),
        random=True,
    ),
    word(
        "keep",
        "Mask n",
        edge("scores", "Tensor", "n k"),
        edge("truth", "Labels", "n"),
        knob("ratio", "Share"),
    ),
    word("pick", "Labels b", edge("v", "Tensor", "b k"), random=True),
    word(
        "branches",
        "Logits b classes",
        edge("v", "Map", "b c h w"),
        knob("model", "str"),
        knob("place", "int"),
        knob("classes", "Count"),
        kind="module",
        each="maps",
    ),
    word("neighbours", "Labels b k", edge("v", *VECTORS), knob("k", "Count")),
    word("share", "Scalar", edge("view", *IMAGES)),
    word(
        "images", "Image b c h w", edge("image", *IMAGES), edge("index", "Labels", "b"), kind="view"
    ),
    word(
        "cutmix", "Image b c h w", edge("a", *IMAGES), edge("b", *IMAGES), kind="view", random=True
    ),
)


@contextmanager
def stand_ins() -> Iterator[set[str]]:
    """Know the words that are missing; gives back which these are."""
    missing = {
        one.name: one for one in WORDS if REGISTRY.get(one.name) is None and one.name not in FORMS
    }
    REGISTRY._added.update(missing)
    try:
        yield set(missing)
    finally:
        for name in missing:
            del REGISTRY._added[name]
