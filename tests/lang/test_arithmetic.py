"""Durations and shares: arithmetic on numbers and a few names."""

from __future__ import annotations

import pytest

from kdgraph.lang.arithmetic import evaluate
from kdgraph.lang.diagnostics import RecipeError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("epochs/6", 40),
        ("5/8·epochs", 150),
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("min(epochs, 100) + 1", 101),
        ("round(2.6)", 3),
        ("(1 + 2)·3 - 4", 5),
    ],
)
def test_arithmetic_is_that_of_the_language(text, value):
    assert evaluate(text, {"epochs": 240}) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("epochs/0", "KD118"),
        ("student.logits", "KD118"),
        ("(0 - 1)^0.5", "KD118"),
        ("min()", "KD118"),
        ("sqrt(1, 2)", "KD118"),
        ("log(0)", "KD118"),
        ("9^9^9^9", "KD118"),
        ("epoch/2", "KD301"),
        ("epochs/", "KD102"),
    ],
)
def test_what_is_no_number_is_said_at_its_place(text, code):
    with pytest.raises(RecipeError) as caught:
        evaluate(text, {"epochs": 240})

    assert [one.code for one in caught.value.diagnostics] == [code]
    assert all(one.span is not None for one in caught.value.diagnostics)


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(RecipeError, match="did you mean `epochs`"):
        evaluate("epoch/2", {"epochs": 240})
