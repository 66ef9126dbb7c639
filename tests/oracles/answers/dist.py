"""DIST: correlation within a row and within a class."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, answers, wave

RECIPES = {"tau1": "dist-imagenet", "tau4": "dist"}


def step(recipe: str) -> Step:
    models = {
        "teacher": Network(logits=wave((3, 4), 0.5, 0.3, 2)),
        "student": Network(logits=wave((3, 4), 0.7, 0.1, 2)),
    }
    return kdgraph.compile(recipe, models=models, sample=X)


X, Y = torch.zeros(3, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 0, 3])


@answers("dist.total.tau1", "dist.total.tau4")
def total(key: str) -> Tensor:
    return step(RECIPES[key.rpartition(".")[2]])(X, Y).total


@answers("dist.inter.tau1", "dist.inter.tau4", "dist.intra.tau1", "dist.intra.tau4")
def half(key: str) -> Tensor:
    _, name, tau = key.split(".")
    return step(f"loss: dist_{name}(teacher.logits ‖ student.logits, T={tau[-1]})")(X, Y).total
