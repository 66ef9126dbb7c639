"""SP, RKD, PKT and CC: how the images of a batch lie to one another."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, answers, wave

SAMPLE = torch.zeros(4, 1, 2, 2, dtype=torch.float64)
WORDS = {"rkd.dist": "rkd_distance", "rkd.angle": "rkd_angle", "pkt": "pkt"}


def compiled(term: str, teacher: Tensor, student: Tensor) -> Step:
    """A term on what two networks say in a layer."""
    models = {"teacher": Network(layer=teacher), "student": Network(layer=student)}
    return kdgraph.compile(f"loss: {term}", models=models, sample=SAMPLE[: len(teacher)])


@answers(*WORDS)
def vectors(key: str) -> Tensor:
    step = compiled(
        f"{WORDS[key]}(teacher.layer, student.layer)",
        wave((4, 5), 0.5, 0.3),
        wave((4, 3), 0.7, 0.1),
    )
    return step(SAMPLE).total


@answers("rkd")
def both_relations(key: str) -> Tensor:
    del key
    near = "rkd_distance(teacher.layer, student.layer)"
    far = "rkd_angle(teacher.layer, student.layer)"
    step = compiled(f"25·{near} + 50·{far}", wave((4, 5), 0.5, 0.3), wave((4, 3), 0.7, 0.1))
    return step(SAMPLE).total


@answers("cc")
def embedded(key: str) -> Tensor:
    """The oracle begins after the heads, so here they change nothing."""
    del key
    term = "cc(teacher.layer, student.layer, d=3)"
    step = compiled(term, wave((4, 3), 0.6, 0.4), wave((4, 3), 0.7, 0.1))
    with torch.no_grad():
        for name, value in step.parts.named_parameters():
            value.copy_(torch.eye(3) if name.endswith("weight") else torch.zeros(3))
    return step(SAMPLE).total


@answers("sp")
def maps(key: str) -> Tensor:
    del key
    term = "sp(teacher.layer, student.layer)"
    step = compiled(term, wave((2, 3, 4, 4), 0.5, 0.3), wave((2, 3, 4, 4), 0.7, 0.1))
    return step(SAMPLE[:2]).total
