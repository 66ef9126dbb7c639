"""SSKD on two images in four turns each: the heads are made the identity."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import answers, wave
from tests.oracles.stub import Stub

Y = torch.tensor([1, 3])
UPRIGHT = torch.arange(8) % 4 == 0
VIEWS = {name: torch.zeros(n, 1, 2, 2, dtype=torch.float64) for name, n in (("x", 2), ("rot", 6))}
TERMS = {"sskd.ce": "sup", "sskd.kd": "kd", "sskd.tf": "tf", "sskd.ss": "ss"}


def joint(rows: Tensor) -> Tensor:
    """The oracle's rows in the order of the one forward: upright ones, then the others."""
    return torch.cat((rows[UPRIGHT], rows[~UPRIGHT]))


@answers("sskd", *TERMS)
def term(key: str) -> Tensor:
    models = {
        "student": Stub(joint(wave((8, 3), 0.9, 0.2)), joint(wave((8, 4), 0.7, 0.1, 2))),
        "teacher": Stub(joint(wave((8, 3), 0.4, 0.6)), joint(wave((8, 4), 0.5, 0.3, 2))),
    }
    heads = {"head_t": "linear(width)", "head_s": "linear(width)"}
    step = kdgraph.compile("sskd", models=models, sample=VIEWS["x"], set=heads, stage="student")
    for head in step.parts.children():
        torch.nn.init.eye_(head.weight)
        torch.nn.init.zeros_(head.bias)
    out = step(VIEWS, Y)
    return out.terms[TERMS[key]] if key in TERMS else out.total
