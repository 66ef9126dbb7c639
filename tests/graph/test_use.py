"""A recipe of `use` stands for its term of its own name; its inner names follow a dot."""

from __future__ import annotations

import torch
from torch import nn

import kdgraph

SUP = "where:\n  sup: cross_entropy(student.logits, y)\n"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 4, 3)
        self.fc = nn.Linear(4, 3)
        self.aliases = {"logits": "", "features": "fc.input", "maps": ("maps",)}

    def forward(self, x):
        return self.fc(self.maps(x).mean((2, 3)))


def terms(text):
    torch.manual_seed(0)
    x = torch.randn(5, 1, 6, 6)
    step = kdgraph.compile(text, models={"teacher": Net(), "student": Net()}, sample=x)
    return step(x, torch.arange(5) % 3).terms


def test_a_recipe_is_its_term_of_its_own_name():
    alone = terms(f"use: [at]\nloss: sup + 2·at\n{SUP}")
    dotted = terms(f"use: [at]\nloss: sup + 2·at.at\n{SUP}")

    assert list(alone) == ["sup", "at"]
    torch.testing.assert_close(alone["at"], dotted["at.at"])


def test_a_recipe_without_such_a_term_says_how_to_take_one():
    (mistake,) = kdgraph.check(f"use: [icd]\nloss: sup + icd\n{SUP}")

    assert mistake.code == "KD322"
    assert "icd.s" in str(mistake)


def test_a_stage_trains_what_lies_inside_a_name_of_a_recipe():
    stages = """
stages:
  - {name: first, trains: [ft.e1, ft.e2, ft.e3, ft.d1, ft.d2, ft.d3], loss: "mse(ft.back, ft.t)"}
  - {name: then, trains: [student, ft.s1, ft.s2, ft.s3], loss: sup + 50·ft}
"""

    assert not kdgraph.check(f"use: [ft]\n{SUP}{stages}")
    (mistake,) = kdgraph.check(f"use: [ft]\n{SUP}{stages.replace('ft.s3', 'ft.s9')}")
    assert mistake.code == "KD309"


CHAIN = """
use: [dgkd]
chain: [teacher, a1, student]
where: {sup: "cross_entropy(n.logits, y)"}
stages: [{for: "n in chain[1:]", trains: [n], loss: sup + dgkd.kd}]
"""


def test_the_model_that_a_used_recipe_loops_over_is_that_of_the_stage_here():
    torch.manual_seed(0)
    x, y, models = torch.randn(5, 1, 6, 6), torch.arange(5) % 3, ("teacher", "a1", "student")
    nets = {name: Net().double().eval() for name in models}
    x = x.double()

    step = kdgraph.compile(CHAIN, models=nets, sample=x, stage="a1", set={"dgkd.p": 1})
    out = step.eval()(x, y)

    t, s = (nets[name](x) / 5 for name in ("teacher", "a1"))
    kl = (t.softmax(1) * (t.log_softmax(1) - s.log_softmax(1))).sum(1).mean()
    torch.testing.assert_close(out.terms["dgkd.kd"], 25 * kl)


def test_a_used_recipe_of_a_chain_asks_for_one_here():
    (mistake,) = kdgraph.check(f"use: [takd]\nloss: sup + takd.kd\n{SUP}")

    assert "`student` is not a model of the chain" in str(mistake)
    assert "chain: [teacher, …, student]" in str(mistake)
