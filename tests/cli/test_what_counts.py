"""What `--set` and `check` make of things that were once taken silently."""

from __future__ import annotations

import pytest

import kdgraph
from kdgraph.experiment import parted

HEAD = "setting: digits\nwhere:\n  sup: cross_entropy(student.logits, y)\n"


@pytest.mark.parametrize("order", [1, -1])
def test_a_model_in_brief_and_a_key_of_it_are_one_entry(order):
    pairs = [("models.student", "convnet8"), ("models.student.weights", "random")][::order]

    assert parted(dict(pairs))[1] == {
        "models": {"student": {"name": "convnet8", "weights": "random"}}
    }


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("mean(normalize(student.features, teacher.features))", "KD211"),
        ("mse(linear(student.features, 9), teacher.features, student.logits)", "KD211"),
        ("kl(teacher.features ‖ linear(student.features, 128))", "KD202"),
        ("kl(softmax(teacher.logits)/4 ‖ softmax(student.logits))", "KD202"),
        ("cross_entropy(student.logits, y, rows=y)", "KD202"),
        ("agreement(teacher.logits, student.logits)", "KD403"),
    ],
)
def test_what_would_be_silently_wrong_is_a_mistake(term, code):
    assert code in [one.code for one in kdgraph.check(f"loss: sup + {term}\n{HEAD}")]


def test_a_mixture_of_distributions_is_one():
    mixed = (
        "kl(0.5·softmax(teacher.logits) + 0.5·softmax(student.logits) ‖ softmax(student.logits))"
    )

    assert kdgraph.check(f"loss: sup + {mixed}\n{HEAD}") == ()


def test_a_sum_may_run_over_numbers_and_pick_by_them():
    term = "Σ(i in [0, 1]) mse(conv(student.maps[i], channels(teacher.maps[i])), teacher.maps[i])"

    assert kdgraph.check(f"loss: sup + {term}\n{HEAD}") == ()


@pytest.mark.parametrize(
    ("epochs", "code"),
    [("0", "KD683"), ("-epochs", "KD683"), ("epochs/0", "KD118"), ("epoch", "KD301")],
)
def test_how_long_a_stage_takes_is_told_of_where_it_stands(epochs, code):
    stage = f"stages: [{{name: one, loss: sup, epochs: {epochs}}}]\n"

    (found,) = kdgraph.check(HEAD + stage)

    assert found.code == code
    assert found.span is not None
    assert (found.span.text, found.span.line) == (epochs, 4)
