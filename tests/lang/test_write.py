"""What is written of a tree reads back to the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kdgraph.lang.parse import expression
from kdgraph.lang.write import write
from tests.lang.trees import TREES


@settings(max_examples=600, deadline=None)
@given(TREES)
def test_a_tree_is_written_as_text_that_parses_to_it(tree):
    assert expression(write(tree)) == tree


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_writing_twice_is_writing_once(tree):
    assert write(expression(write(tree))) == write(tree)


@pytest.mark.parametrize(
    "text",
    [
        "sup + λ·kd + β·(contrast + α·kl_inv)",
        "T²·kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T))",
        "min(exp(θ), 10)·(s @ tᵀ) + b",
        "β·Σ(t in teachers) crd(t.features, student.features, J)",
        "0.1·Σ((a, b) in zip(student.maps, teacher.maps)) mse(conv(a, channels(b), k=1), b)",
        "(s @ M_tᵀ)[:, J]",
        "-mean(log(P[:, 0]/(P[:, 0] + c + ε)) + sum(log(c/(P[:, 1:] + c + ε)), over=-1))",
        "n·(1 - λ)·cross_entropy(m.logits, y)",
        "a - (b - c) - d/(e/f)",
        "(-a)² + -a²",
        "(a < b)·c",
        "mean(kd(t.logits, s.logits) for t in teachers)/2",
        "[a, b][0].layer3[1].bn2(v)",
        "2·Σ(a in b) a + 1",
        "(Σ(a in b) a)/2",
    ],
)
def test_the_normal_form_is_what_a_person_would_write(text):
    assert write(expression(text)) == text


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("lambda * kd", "λ·kd"),
        ("T^2·x ^ 3", "T²·x³"),
        ("a ** b", "a^b"),
        ("2^2^2^x", "2^2^2^x"),
        ("(a^2)^3", "a²³"),
        ("kl(p || q)", "kl(p ‖ q)"),
        ("S.T", "Sᵀ"),
        ("sum(a for t in b)", "Σ(t in b) a"),
        ("a ≤ b", "a <= b"),
        ("((a))", "a"),
        ("∑(t in b) a", "Σ(t in b) a"),
        ("a − b", "a - b"),
    ],
)
def test_another_spelling_is_the_same_tree(other, text):
    assert expression(other) == expression(text)
    assert write(expression(other)) == text
