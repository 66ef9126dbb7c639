"""Branches of a network that a stage's losses do not look at otherwise."""

from __future__ import annotations

import torch

import kdgraph
from kdgraph.models.build import build

RECIPE = """\
loss: cross_entropy(h[2](conv(student.maps[2], channels(teacher.maps[2]))), y)
modules: {h: "branches(teacher, classes)"}
"""


def test_a_teacher_lends_a_branch_that_says_nothing_itself():
    models = {name: build("convnet8", 4, channels=1) for name in ("teacher", "student")}
    step = kdgraph.compile(RECIPE, models=models, sample=torch.rand(2, 1, 8, 8), classes=4)

    out = step(torch.rand(4, 1, 8, 8), torch.arange(4))
    out.total.backward()

    assert out.total > 0
    assert {part for part, _, _ in step.trained()} >= {"modules", "student"}
