"""Widths are those of the font that is drawn, and lines keep to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from kdgraph.viz.text_width import BOLD, REGULAR, text_width
from kdgraph.viz.wrap import wrapped


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize(
    "words", ["sup + λ·kd + β·(contrast + α·kl_inv)", "64×3×32×32", "KL rows‖cols", "Σ(t) sᵀ → ε²"]
)
def test_a_width_is_the_one_a_renderer_measures(words: str, *, bold: bool) -> None:
    font = ImageFont.truetype(str(BOLD if bold else REGULAR), 2000, ImageFont.Layout.BASIC)

    assert text_width(words, 2000, bold=bold) == pytest.approx(font.getlength(words), rel=1e-3)


def test_a_mark_over_a_letter_takes_no_room_of_its_own() -> None:
    assert text_width("p\u0303", 12) == text_width("p", 12)


def test_a_letter_the_font_lacks_has_room_for_its_substitute() -> None:
    assert text_width("知", 12) == 12
    assert text_width("\ue000", 10) == 6


def test_a_formula_breaks_outside_of_its_brackets() -> None:
    assert wrapped("min(exp(θ), 10)·(s @ tᵀ) + b", 12, 130, lines=2) == (
        "min(exp(θ), 10)·",
        "(s @ tᵀ) + b",
    )


def test_a_shape_is_never_broken() -> None:
    assert "64×3×32×32" in wrapped("the batch 64×3×32×32", 12, 100, lines=3)


def test_what_is_cut_off_ends_in_dots() -> None:
    assert wrapped("a " * 100, 12, 60, lines=2)[-1].endswith("…")


@given(st.text(max_size=80), st.integers(1, 4))
@settings(deadline=None)
def test_lines_are_few_and_narrow(words: str, lines: int) -> None:
    found = wrapped(words, 12, 90, lines=lines)

    assert len(found) <= lines
    assert all(text_width(line, 12) <= 90 for line in found)


@given(st.text(max_size=80))
@settings(deadline=None)
def test_no_letter_is_lost_where_there_are_lines_enough(words: str) -> None:
    found = wrapped(words, 12, 90, lines=100)

    assert "".join("".join(found).split()) == "".join(words.split())
