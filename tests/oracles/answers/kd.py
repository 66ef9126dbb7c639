"""What the logits say: KD, DKD's two halves, and the value that condensing ranks by."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Out
from tests.oracles.answers import Network, answers, wave

X, Y = torch.zeros(3, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 0, 3])


def out(recipe: str) -> Out:
    models = {
        "teacher": Network(logits=wave((3, 4), 0.5, 0.3, 2)),
        "student": Network(logits=wave((3, 4), 0.7, 0.1, 2)),
    }
    step = kdgraph.compile(recipe, models=models, sample=X)
    step.clock(epoch=1, epochs=240)
    return step(X, Y)


@answers("kd", "dkd")
def term(key: str) -> Tensor:
    return out(key).terms[key]


@answers("dkd.tckd", "dkd.nckd")
def half(key: str) -> Tensor:
    return out(f"loss: {key[4:]}(teacher.logits ‖ student.logits, y)").total


@answers("kcd.value0")
def value(key: str) -> Tensor:
    del key
    return out("kcd").outputs["condense"][0]
