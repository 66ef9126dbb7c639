"""FitNet, AT, NST and VID: what a layer says, layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import Network, answers, wave

TEACHER, STUDENT = wave((2, 3, 4, 4), 0.5, 0.3), wave((2, 3, 4, 4), 0.7, 0.1)
SAMPLE = torch.zeros(2, 1, 2, 2, dtype=torch.float64)
TERMS = {
    "fitnet": "mse(student.layer, teacher.layer)",  # the oracle begins after the regressor
    "at": "at(teacher.layer, student.layer)",
    "at.pool": "at(teacher.layer, student.layer)",
    "nst": "nst(teacher.layer, student.layer)",
    "vid": "surprise(teacher.layer, student.layer, v)",  # and here too
}
START = """
where:
  v: softplus(learn(log(exp(5 - 1e-5) - 1), shape=[3, 1, 1])) + 1e-5
"""


@answers(*TERMS)
def one_layer(key: str) -> Tensor:
    teacher = wave((2, 5, 2, 2), 0.9, 0.2) if key == "at.pool" else TEACHER
    models = {"teacher": Network(layer=teacher), "student": Network(layer=STUDENT)}
    text = f"loss: {TERMS[key]}" + (START if key == "vid" else "")
    return kdgraph.compile(text, models=models, sample=SAMPLE)(SAMPLE).total
