"""HSAKD: the joint question of class and turn, at all stages, on a forward of all four turns.

The networks say the oracle's logits, and at their two maps what the oracle's heads say; the
heads are then such that hand on what they are given.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

import kdgraph
from tests.oracles.answers import Says, answers, wave

IMAGES, CLASSES, TURNS = 2, 3, 4
ROWS = IMAGES * TURNS
LABELS = torch.tensor([0, 2])
TERMS = {"hsakd.task": "sup", "hsakd.kl_p": "p", "hsakd.kl_q": "q"}


class Map(Says):
    """A map of one cell, of given channels."""

    def __init__(self, value: Tensor) -> None:
        super().__init__(value[:, :, None, None])

    def reset_parameters(self) -> None:
        """Stay what it says."""


class Backbone(nn.Module):
    """Two maps and logits of given values, with the parts that branches are grown from."""

    def __init__(self, logits: Tensor, maps: list[Tensor]) -> None:
        super().__init__()
        self.one, self.two = (Map(value) for value in maps)
        self.flat = nn.Flatten()
        self.fc = Says(logits)
        self.aliases = {"logits": "", "features": "flat", "maps": ("one", "two")}

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.flat(self.two(self.one(x))))

    def another(self) -> nn.Module:
        """One more stage."""
        return nn.Identity()


def said(recipe: str, stage: str) -> dict[str, Tensor]:
    """Total and terms of a stage."""
    joint = (ROWS, CLASSES * TURNS)
    models = {
        "teacher": Backbone(
            wave((ROWS, CLASSES), 0.5, 0.3, 2), [wave(joint, a, 0.4, 2) for a in (0.8, 0.9)]
        ),
        "student": Backbone(
            wave((ROWS, CLASSES), 0.7, 0.1, 2), [wave(joint, a, 0.2, 2) for a in (0.6, 0.7)]
        ),
    }
    views = {"all": torch.zeros(ROWS, 1, 2, 2, dtype=torch.float64)}
    step = kdgraph.compile(
        recipe, models=models, sample=views["all"][:2], stage=stage, classes=CLASSES
    )
    for heads in step.parts.children():
        for place in ("0", "1"):
            setattr(heads, place, nn.Flatten())
    out = step(views, LABELS)
    return {"total": out.total, **out.terms}


@answers("hsakd.task", "hsakd.kl_p", "hsakd.kl_q")
def term(key: str) -> Tensor:
    return said("hsakd", "student")[TERMS[key]]


@answers("hsakd.student")
def student(key: str) -> Tensor:
    del key
    return said("hsakd", "student")["total"]


@answers("hsakd.teacher")
def teacher(key: str) -> Tensor:
    del key
    return said("hsakd-joint", "teacher")["total"]
