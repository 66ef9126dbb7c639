"""What a metric of all pairs of test images costs is told before the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdgraph.compiler import analyse, load
from kdgraph.lang.diagnostics import render
from tests.golden.networks import world

PAIRS = "mean((student.features @ student.featuresᵀ)²)"


def warned(metric, tests, views=""):
    text = f"loss: cross_entropy(student.logits, y)\n{views}metrics:\n  m: {metric}\n"
    made = analyse(load(text), replace(world(), tests=tests))
    assert not made.errors
    return [one for one in made.mistakes if one.code == "KD421"]


def test_it_says_the_bytes_and_where():
    (found,) = warned(PAIRS, 50_000)  # 50 000² · 4 bytes

    assert found.severity == "warning"
    assert found.headline == "warning[KD421]: the metric `m` holds a matrix of 10 GB"
    assert "each of 50000 test images with each" in render(found)


def test_three_rows_an_image_are_nine_times_the_pairs():
    views = "views:\n  turned: rotate(image, 90, 180, 270)\n  x: image\n"
    metric = PAIRS.replace("student.", "student(turned).")
    (found,) = warned(metric, 10_000, views)

    assert found.size == "3.6 GB"


@pytest.mark.parametrize(
    ("metric", "tests"),
    [
        (PAIRS, 10_000),  # 400 MB
        (PAIRS, None),
        ("mean((student.featuresᵀ @ student.features)²)", 10**6),
        ("mean((student.features[:5000] @ student.features[:5000]ᵀ)²)", 10**6),
        ("ece(student.logits, y)", 10**6),
        ("mean(mean(student.maps[0], over=1)²)", 10**6),
    ],
)
def test_what_fits_or_is_no_matrix_of_pairs_goes_without_a_word(metric, tests):
    assert warned(metric, tests) == []


def test_a_matrix_inside_a_function_is_told_at_its_call():
    (found,) = warned("sp(teacher.maps[0], student.maps[0])", 50_000)

    assert found.span.text == "sp(teacher.maps[0], student.maps[0])"
