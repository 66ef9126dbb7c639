"""The plan says what the compiler decided, and why."""

from __future__ import annotations

import pytest

from kdgraph import files
from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.show import plan

SHIPPED = [path.stem for path in files.recipes()]

ICD_ALONE = """\
icd-alone.kd: teacher resnet56, student resnet20

views
  x  flip(crop(image, pad=4), p=0.5); drawn at x/crop, x/flip

forwards
  student  one forward of x, read at logits, features; with gradient
  teacher  one forward of x, read at features; eval mode, no gradient; cut after
           features

terms
  sup       weight 1; trains student
  contrast  weight β = 1; trains student, θ, s.linear, t.linear, b
  kl_inv    weight β·α = 0.5; trains student, θ, s.linear, t.linear, b

left out
  kd  its weight `λ` is 0 for the whole stage; with it go teacher.logits

in log-space
  icd.kd:8  `kl(softmax(Sᵀ), softmax(S))`: no probability can underflow

trained
  student   resnet20
  θ         learned, starts at 1
  s.linear  linear 64→128
  t.linear  linear 64→128
  b         learned, starts at 0

frozen
  teacher  resnet56: eval mode, no gradient

passes
"""


def built(text: str):
    return examine(load(text)).analysis


def test_the_plan_of_icd_without_kd():
    text = plan.text(examine("icd-alone", "cifar10").analysis)

    assert text.startswith(ICD_ALONE.replace(", p=0.5", ""))


@pytest.mark.parametrize("recipe", SHIPPED)
def test_every_pass_is_in_the_plan_and_no_line_is_wider_than_a_terminal(recipe):
    text = plan.text(examine(recipe).analysis)

    assert "truncate_teacher" in text
    assert "fold_constants" in text
    assert max(map(len, text.split("\n"))) <= 80


def test_what_is_written_twice_and_computed_once_is_told_once():
    text = plan.text(
        built(
            "loss: sup + a + b\nwhere:\n  sup: cross_entropy(student.logits, y)\n"
            "  a: mean(exp(student.logits/4))\n  b: mean(exp(student.logits/4)²)\n"
        )
    )
    shared = text.partition("computed once\n")[2].partition("\n\n")[0]

    assert shared == "  exp(student.logits/4)  computed once, written 2 times"


def test_a_target_that_is_trained_and_no_softmax_stays_as_written():
    text = plan.text(
        built(
            "loss: sup + a\nwhere:\n  sup: cross_entropy(student.logits, y)\n"
            "  a: kl(p ‖ softmax(student.logits))\n  p: min(softmax(student.logits), 0.9)\n"
        )
    )

    assert "stays: its target is trained" in " ".join(text.split())


def test_views_of_one_model_go_through_it_together():
    text = plan.text(
        built(
            "views: {x: crop(image), rot: 'rotate(x, 90, 180)'}\nloss: sup + a\nwhere:\n"
            "  sup: cross_entropy(student.logits, y)\n"
            "  a: kd(teacher(rot).logits ‖ student(rot).logits)\n"
        )
    )

    assert "student  one forward of x, rot together, 3 rows an image, read at logits" in text
    assert "rot  rotate(x, 90, 180); 2 rows an image" in text


def test_what_another_stage_trains_is_frozen_in_this_one():
    text = plan.text(
        built(
            "modules: {head: linear(10)}\nwhere:\n  z: head(teacher.features)\n"
            "stages:\n  - {name: first, trains: [head], loss: 'cross_entropy(z, y)'}\n"
            "  - {name: second, trains: [student], loss: 'kd(z ‖ student.logits)'}\n"
        )
    )

    assert text.startswith("<recipe>, stage second: ")
    assert "→10: not trained in this stage" in text
