"""FSP, AB and FT, whose losses are those of their first or second stage; and ReviewKD's levels."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import Network, answers, wave

LOSSES = {
    "ab": "ab(teacher.layer, student.layer)",
    "ft": "ft(teacher.layer, student.layer)",
    "fsp": "fsp(teacher.layer, teacher.after, student.layer, student.after)",
    "reviewkd.hcl": "hcl(teacher.layer, student.layer)",
}
SIZES = {"reviewkd.hcl": 8}


@answers(*LOSSES)
def loss(key: str) -> Tensor:
    """The library's function, between a layer of each network, or two."""
    sides = SIZES.get(key, 4)
    shape = (2, 3, sides, sides)
    x = torch.zeros(2, 1, 2, 2, dtype=torch.float64)
    models = {
        "teacher": Network(layer=wave(shape, 0.5, 0.3), after=wave((2, 2, 4, 4), 0.8, 0.2)),
        "student": Network(layer=wave(shape, 0.7, 0.1), after=wave((2, 2, 4, 4), 0.4, 0.6)),
    }
    step = kdgraph.compile(f"loss: {LOSSES[key]}", models=models, sample=x)
    return step(x).total
