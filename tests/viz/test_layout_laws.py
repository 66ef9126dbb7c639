"""What holds for the layout of every picture, whatever it shows."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from kdgraph.viz.layout import Curve, Layout, Place, layout
from kdgraph.viz.picture import Arrow, Box, Kind, Picture, Style
from tests.bounded import bounded

KINDS = [kind for kind in get_args(Kind) if kind != "total"]
WORDS = st.text("abλτ·‖ (64×100)", max_size=60)
MOST_CALLS = 800_000
"""calls of functions; 150 boxes take 270 thousand"""


@st.composite
def pictures(draw: st.DrawFn, *, cycles: bool = False) -> Picture:
    """Boxes of any kind with a total at the end; arrows lead forward unless cycles may be."""
    count = draw(st.integers(1, 14))
    kinds = [*draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count)), "total"]
    boxes = tuple(Box(str(at), kind, draw(WORDS), draw(WORDS)) for at, kind in enumerate(kinds))
    pair = st.tuples(st.integers(0, count), st.integers(0, count)).filter(lambda p: p[0] != p[1])
    style: st.SearchStrategy[Style] = st.sampled_from(get_args(Style))
    arrows = []
    for one, other in draw(st.lists(pair, max_size=30)):
        source, target = (one, other) if cycles else sorted((one, other))
        label = draw(st.sampled_from(["", "", "λ", "0.5·ramp(epoch)"]))
        arrows.append(Arrow(str(source), str(target), label, draw(style)))
    return Picture("a picture", "", boxes, tuple(arrows))


def edges(place: Place) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a box."""
    wide, high = place.sized.width / 2, place.sized.height / 2
    return place.x - wide, place.x + wide, place.y - high, place.y + high


def overlap(one: Place, other: Place, gap: float) -> bool:
    left, right, top, bottom = edges(one)
    left2, right2, top2, bottom2 = edges(other)
    return (
        left < right2 + gap and left2 < right + gap and top < bottom2 + gap and top2 < bottom + gap
    )


def rows_of(laid: Layout) -> dict[str, int]:
    return {place.sized.box.id: place.row for place in laid.places}


def points(curve: Curve) -> list[tuple[float, float]]:
    return [piece.at(step / 8) for piece in curve.pieces for step in range(9)]


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=120)
def test_no_two_boxes_come_nearer_than_twenty_pixels(picture: Picture) -> None:
    laid = layout(picture)

    assert not [pair for pair in combinations(laid.places, 2) if overlap(*pair, gap=20)]


@given(pictures())
@settings(deadline=None, max_examples=120)
def test_every_arrow_leads_to_a_lower_row_where_there_is_no_cycle(picture: Picture) -> None:
    laid = layout(picture)
    row = rows_of(laid)

    assert all(row[arrow.source] < row[arrow.target] for arrow in picture.arrows)
    assert not any(curve.upward for curve in laid.curves)


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=120)
def test_an_arrow_that_closes_a_cycle_leads_up_and_says_so(picture: Picture) -> None:
    laid = layout(picture)
    row = rows_of(laid)

    for curve in laid.curves:
        assert (row[curve.arrow.source] > row[curve.arrow.target]) == curve.upward


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=60)
def test_the_same_picture_is_laid_out_the_same(picture: Picture) -> None:
    assert layout(picture) == layout(picture)


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=120)
def test_a_line_runs_unbroken_from_its_box_to_its_box(picture: Picture) -> None:
    laid = layout(picture)
    sides = {place.sized.box.id: edges(place) for place in laid.places}

    for curve in laid.curves:
        pieces = curve.pieces
        for piece, following in pairwise(pieces):
            assert piece.end == following.start
        for point, end, low in (
            (pieces[0].start, curve.arrow.source, not curve.upward),
            (pieces[-1].end, curve.arrow.target, curve.upward),
        ):
            left, right, top, bottom = sides[end]
            assert left <= point[0] <= right
            assert point[1] == (bottom if low else top)


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=120)
def test_no_line_runs_through_a_box(picture: Picture) -> None:
    laid = layout(picture)

    for curve in laid.curves:
        for x, y in points(curve):
            for place in laid.places:
                left, right, top, bottom = edges(place)
                assert not (left < x < right and top + 0.1 < y < bottom - 0.1)


@given(pictures(cycles=True))
@settings(deadline=None, max_examples=60)
def test_all_boxes_lie_within_the_picture(picture: Picture) -> None:
    laid = layout(picture)

    for place in laid.places:
        left, right, top, bottom = edges(place)
        assert left >= -1e-6
        assert top >= -1e-6
        assert right <= laid.width + 1e-6
        assert bottom <= laid.height + 1e-6


def test_terms_stand_in_one_row_right_above_the_total(icd: Picture, sskd: Picture) -> None:
    for picture in (icd, sskd):
        row = rows_of(layout(picture))
        terms = {row[box.id] for box in picture.boxes if box.kind == "term"}

        assert terms == {row["total"] - 1}


def test_an_input_stands_beside_what_it_feeds(icd: Picture) -> None:
    row = rows_of(layout(icd))

    assert row["y"] == row["sup"] - 1
    assert row["θ"] == row["S"] - 1


def test_the_taps_of_all_models_stand_in_one_row(icd: Picture, sskd: Picture) -> None:
    for picture in (icd, sskd):
        row = rows_of(layout(picture))

        assert len({row[box.id] for box in picture.boxes if box.kind.endswith("tap")}) == 1


def test_no_label_lies_on_another_or_on_a_box(icd: Picture, sskd: Picture) -> None:
    for picture in (icd, sskd):
        laid = layout(picture)
        found = [curve.label for curve in laid.curves if curve.label]

        assert len(found) == sum(bool(arrow.label) for arrow in picture.arrows)
        assert not [pair for pair in combinations(found, 2) if pair[0].overlaps(pair[1])]
        for label in found:
            for place in laid.places:
                left, right, top, bottom = edges(place)
                beside = label.x + label.width / 2 < left or label.x - label.width / 2 > right
                assert beside or label.y + 10 < top or label.y - 10 > bottom


def test_a_page_has_room_for_the_small_picture(icd: Picture) -> None:
    laid = layout(icd)

    assert 0.6 < laid.width / laid.height < 1.3
    assert laid.width < 1000


def test_150_boxes_are_laid_out_while_one_waits() -> None:
    boxes = tuple(Box(str(at), "op", f"node_{at}", "64×128") for at in range(150))
    arrows = tuple(
        Arrow(str(at), str(min(149, at + step)))
        for at in range(149)
        for step in (1 + at * 7 % 11, 1 + at * 5 % 23)
    )
    with bounded(MOST_CALLS):
        layout(Picture("many", "", boxes, arrows))
