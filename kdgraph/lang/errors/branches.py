"""Mistakes about classifiers that are grown from a network's own stages: KD649."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NoBranch(Diagnostic):
    """A branch of a network can't be grown at one of its maps.

    `branches(student, 40)` makes a classifier at each map of `student`: fresh copies of the
    layers that follow the map, and of one more stage after the last. So what follows a map
    must need nothing else of the network, and every layer must know how to start anew
    (`reset_parameters`). A network of your own says what one more stage is by an attribute:

        student.another = lambda: nn.Sequential(Block(64, 64), Block(64, 64))

    Without it, one more stage is as many copies of the last stage's last block as it has
    blocks, where that block keeps its map's shape.
    """

    code: ClassVar[str] = "KD649"
    title: ClassVar[str] = "no branch grows at `{place}` of `{network}`"
    label: ClassVar[str] = "at `{place}`"
    help: ClassVar[str] = "{reason}\n{advice}"

    network: str
    place: str
    reason: str
    advice: str
