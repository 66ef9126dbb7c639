"""A word that compares the entries of an axis refuses an axis of one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.compiler import analyse, load
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.registry import REGISTRY
from tests.golden.networks import network, world

ONE = "linear(student.features, 1)"
OTHER = "linear(student.features, 3)[:, 0:1]"


def codes(loss: str, more: str = "") -> set[str]:
    return {one.code for one in analyse(load(f"loss: {loss}\n{more}"), world()).mistakes}


@pytest.mark.parametrize(
    "loss",
    [
        f"mean(softmax({ONE}))",
        f"mean(log_softmax({ONE}))",
        f"mean(softmax(as_map({ONE}), over=2))",
        f"cross_entropy({ONE}, argmax(student.logits))",
        f"cross_entropy({OTHER}, 0)",
        f"kl({OTHER} ‖ {OTHER})",
        f"mean(normalize({ONE}))",
        f"mse(normalize({OTHER}), normalize({ONE}))",
        f"mean(center({ONE}))",
        f"mean(cosine({ONE}, {OTHER}))",
        f"mean(student.features) + mean(argmax({ONE}))",
        f"kd({ONE} ‖ {OTHER})",
        f"dist({ONE} ‖ {OTHER})",
        f"dkd(linear(student.features, 2) ‖ {ONE}, argmax(student.logits))",
        "nckd(linear(student.features, 2) ‖ linear(student.features, 2), i)",
        f"soft_ce({ONE} ‖ {ONE})",
        "mean(attention(pool(student.maps[0], 1)))",
        f"info_nce({ONE})",
    ],
)
def test_one_entry_is_refused(loss: str):
    assert "KD230" in codes(loss)


@pytest.mark.parametrize(
    "loss",
    [
        "mean(softmax(linear(student.features, 2)))",
        "mean(normalize(student.features))",
        "mean(center(student.logits, over=0))",
        f"mean(sigmoid({ONE}))",
        f"mean(norm({ONE}))",
        f"mse({ONE}, linear(teacher.features, 1))",
        f"mean(distances({ONE}, {ONE}))",
        "mean(softmax(student.features @ teacher.featuresᵀ))",
        "nckd(teacher.logits ‖ student.logits, argmax(teacher.logits))",
    ],
)
def test_two_or_an_unknown_number_are_not(loss: str):
    assert not codes(loss)


def test_a_measure_of_one_logit_is_refused():
    recipe = load("loss: mean(student.features)\nmetrics: {sure: 'ece(student.logits, y)'}")

    found = analyse(recipe, world(network("student", 1), network("teacher", 1))).mistakes

    assert "KD230" in {one.code for one in found}


def test_networks_of_ones_own_with_one_logit_are_refused():
    with pytest.raises(RecipeError, match="KD230"):
        kdgraph.compile(
            "loss: cross_entropy(student.logits, y)",
            models={"student": nn.Linear(3, 1)},
            sample=torch.zeros(2, 3),
        )


@pytest.mark.parametrize("word", [one for one in REGISTRY if one.flag("several")], ids=str)
def test_what_is_declared_is_an_edge_with_axes(word):
    slot = word.parameter(word.flag("several"))

    assert slot is not None
    assert slot.is_edge
    assert slot.axes


def test_one_round_of_a_sum_that_adds_nothing_is_a_warning():
    loss = "Σ(f in [student.maps[0], pool(student.maps[0], 1)]) mean(attention(f))"
    (mistake,) = analyse(load(f"loss: {loss}\n"), world()).mistakes

    assert (mistake.code, mistake.severity) == ("KD230", "warning")
