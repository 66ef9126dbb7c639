"""A loop may name its parts with brackets or, as Python does, without."""

from __future__ import annotations

import pytest

from kdgraph.lang.parse import expression


@pytest.mark.parametrize(
    ("plain", "bracketed"),
    [
        ("sum(f(a, b) for a, b in zip(s, t))", "sum(f(a, b) for (a, b) in zip(s, t))"),
        ("Σ(a, b, c in zip(r, s, t)) a·b·c", "Σ((a, b, c) in zip(r, s, t)) a·b·c"),
        ("sum(f(a, b) for (a, b) in zip(s, t))", "Σ((a, b) in zip(s, t)) f(a, b)"),
    ],
)
def test_both_are_the_same(plain, bracketed):
    assert expression(plain) == expression(bracketed)
