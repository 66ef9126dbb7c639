"""BINGO: the recipes of the code and of the paper, at the teacher's and the student's vectors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Out
from tests.oracles.answers import answers, wave

ROWS, WIDTH, SIZE, KEPT = 2, 3, 4, 0.7


class Shown(nn.Module):
    """Its features are the pixels it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.flat = nn.Flatten()
        self.fc = nn.Linear(WIDTH, 2, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.flat(x))


def rows(a: float, b: float) -> Tensor:
    return F.normalize(wave((ROWS, WIDTH), a, b), dim=1)


def said(recipe: str, epoch: int) -> Out:
    """The terms of a batch whose views the teacher and the student turn into these vectors."""
    seen = {"k": rows(0.7, 0.2), "r": rows(0.5, 0.9), "q": rows(0.8, 0.1)}
    views = {name: one[:, :, None, None] for name, one in seen.items()}
    step = kdgraph.compile(
        recipe,
        models={"teacher": Shown(), "student": Shown()},
        sample=views["q"],
        set={"K": SIZE, "T": 0.2},
        given=["s_q", "s_p", "s_m", "λ", "Q"],
        examples=8,
    )
    step.clock(epoch=epoch, epochs=200, step=0)
    found: dict[str, Tensor] = {
        "s_q": rows(0.8, 0.1),
        "s_p": rows(0.6, 0.5),
        "s_m": rows(0.9, 0.4),
        "λ": torch.tensor(KEPT, dtype=torch.float64),
        "Q": F.normalize(wave((WIDTH, SIZE), 1.1, 0.3), dim=0).T,
    }
    given = {name: value for name, value in found.items() if name in {*step.inputs, "Q"}}
    wanted = {name: one for name, one in views.items() if name in step.inputs}
    return step(wanted, torch.zeros(ROWS, dtype=torch.int64), torch.arange(ROWS), **given)


def without_probe(out: Out) -> Tensor:
    """The loss; labels reach the probe alone."""
    return torch.stack([out.weights[n] * v for n, v in out.terms.items() if n != "probe"]).sum()


@answers("bingo.nce.q_k")
def anchor(key: str) -> Tensor:
    del key
    return said("bingo", 1).terms["intra"]


@answers("bingo.nce.p_k")
def neighbour(key: str) -> Tensor:
    del key
    return said("bingo-paper", 1).terms["inter"]


@answers("bingo.paper")
def paper(key: str) -> Tensor:
    del key
    return without_probe(said("bingo-paper", 200))


@answers("bingo.code.warm", "bingo.code")
def code(key: str) -> Tensor:
    return without_probe(said("bingo", 11 if key == "bingo.code.warm" else 12))
