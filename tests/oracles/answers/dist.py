"""DIST: correlation within a row and within a class."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import Network, answers, wave

RECIPE = """
loss: sup + 2·dist
where:
  sup: cross_entropy(student.logits, y)
  dist: dist(teacher.logits, student.logits, T={T})
"""


@answers("dist.total.tau1", "dist.total.tau4")
def total(key: str) -> Tensor:
    x, y = torch.zeros(3, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 0, 3])
    models = {
        "teacher": Network(logits=wave((3, 4), 0.5, 0.3, 2)),
        "student": Network(logits=wave((3, 4), 0.7, 0.1, 2)),
    }
    step = kdgraph.compile(RECIPE.format(T=key[-1]), models=models, sample=x)
    return step(x, y).total
