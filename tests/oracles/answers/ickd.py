"""ICKD: the shipped forms, with a projection or on a map that needs none, and the grid."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, answers, wave

DIRECT = {
    "ickd.c.direct": ("ickd", {"ickd": "channels(t)·mse(icc(student.maps[-1]), icc(t))"}),
    "ickd.i.direct": ("ickd-imagenet", {"e": "student.maps[-1]"}),
    "ickd.paper.direct": ("ickd-paper", {"e": "student.maps[-1]"}),
}
PAPERS = "mse(gram(cells(e, n, n)), gram(cells(t, n, n)))"


class Maps(Network):
    """A network that says one map, and logits."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__(layer=maps, logits=torch.zeros(2, 4, dtype=torch.float64))
        self.aliases = {"logits": "", "maps": ("layer",)}


def compiled(recipe: str, teacher: Tensor, student: Tensor, **values: str) -> Step:
    x = torch.zeros(2, 1, 2, 2, dtype=torch.float64)
    models = {"teacher": Maps(teacher), "student": Maps(student)}
    return kdgraph.compile(recipe, models=models, sample=x, set=values)


def term(step: Step) -> Tensor:
    x = torch.zeros(2, 1, 2, 2, dtype=torch.float64)
    return step(x, torch.tensor([1, 0])).terms["ickd"]


@answers(*DIRECT)
def direct(key: str) -> Tensor:
    """The student's map has the teacher's channels and is taken as it is."""
    recipe, values = DIRECT[key]
    pair = wave((2, 3, 2, 2), 0.7, 0.1), wave((2, 3, 2, 2), 0.4, 0.6)
    return term(compiled(recipe, *pair, **values))


@answers("ickd.c.embed")
def projected(key: str) -> Tensor:
    """The shipped recipe as it is."""
    del key
    step = compiled("ickd", wave((2, 3, 2, 2), 0.7, 0.1), wave((2, 2, 2, 2), 0.5, 0.3))
    with torch.no_grad():
        step.get_parameter("parts.ickd.conv.weight").copy_(wave((3, 2, 1, 1), 0.9, 0.2))
    return term(step)


@answers("ickd.grid.code", "ickd.grid.paper")
def grid(key: str) -> Tensor:
    """The shipped recipe of cells, and the paper's form."""
    pair = wave((2, 3, 4, 4), 0.7, 0.1), wave((2, 3, 4, 4), 0.4, 0.6)
    values = {"e": "student.maps[-1]"} | ({"ickd": PAPERS} if key.endswith("paper") else {})
    return term(compiled("ickd-cells", *pair, **values))
