"""No term that comes or goes renames the modules of another, nor moves their first weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import kdgraph

A = "mse(linear(teacher.features, 4), student.logits)"
B = "mse(linear(student.features, 4), student.logits)"
SUP = "cross_entropy(student.logits, y)"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 4)
        self.aliases = {"logits": "", "features": "fc.input"}

    def forward(self, x):
        return self.fc(x)


def parts(loss: str, rest: str = "") -> dict[str, torch.Tensor]:
    """The first weights of the recipe's modules, by name."""
    torch.manual_seed(0)
    models = {"teacher": Net(), "student": Net()}
    step = kdgraph.compile(f"loss: {loss}\n{rest}", models=models, sample=torch.zeros(3, 6))
    return {name: value.detach().clone() for name, value in step.parts.state_dict().items()}


@pytest.mark.parametrize(
    "more",
    [
        f"{SUP} + {B} + {A}", f"{SUP} + {A} + {B}", f"{B} + 2·{A}", f"0·{B} + {A}",
        f"({B} + {A})·2", f"({B} + {A} + {SUP})·learn(1.0)", f"{A} - {B}",
    ],
)  # fmt: skip
def test_another_term_of_the_loss_line_moves_no_first_weight(more):
    alone, beside = parts(f"{SUP} + {A}"), parts(more)

    assert alone
    assert set(alone) <= set(beside)
    for name, value in alone.items():
        assert torch.equal(value, beside[name])


def test_a_weight_of_zero_leaves_what_deleting_the_term_leaves():
    assert parts(f"{SUP} + 0·{B} + {A}").keys() == parts(f"{SUP} + {A}").keys()


def test_named_terms_keep_their_first_weights_too():
    where = f"where:\n  a: {A}\n  b: {B}\n  two: {A} + {B}\n"
    alone, beside = parts("a", where), parts("two + b + a", where)

    assert set(alone) == {"a.linear.weight", "a.linear.bias"}
    assert {"two.linear.weight", "two.linear_2.weight", "b.linear.weight"} < set(beside)
    assert torch.equal(alone["a.linear.weight"], beside["a.linear.weight"])


def test_a_module_inside_another_of_one_name_is_numbered():
    made = parts("a", "where:\n  a: mse(g, student.logits)\n  g: linear(relu(linear(x, 8)), 4)\n")

    assert {name: value.shape for name, value in made.items() if "weight" in name} == {
        "g.linear.weight": (8, 6), "g.linear_2.weight": (4, 8),
    }  # fmt: skip


def test_factors_that_are_learned_are_told_apart_by_their_terms():
    few = parts(f"learn(1.0)·{SUP} + {A}·learn(2.0)")
    many = parts(f"learn(3.0)·{B} + learn(1.0)·{SUP} + {A}·learn(2.0)")

    assert len(few) == 4
    assert set(few) < set(many)
