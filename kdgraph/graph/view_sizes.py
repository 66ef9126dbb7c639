"""How large a view is, rows and images, read off the signature of what makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import prod

from kdgraph.graph.world import View
from kdgraph.primitive import Signature

Sizes = tuple[int | None, ...]
Slice = tuple[str, int]
"""a view, and which row of each of its images"""
LONG = 50
ONE_EACH = "images"
"""the first axis of what keeps one row of each image"""


def view_rows(
    made: Signature, views: Sequence[View], knobs: Mapping[str, object]
) -> tuple[int | None, Slice | None]:
    """How many rows an image the result has, and whether it is a slice of the input.

    An augmentation of several views has the rows of all; one with a list of knobs, such as the
    angles of `rotate`, a row for each of them. One whose result has the axis `images` keeps one
    row of each image: the row `j`, where it has such a knob.
    """
    view = views[0]
    if made.axes.split()[0] == ONE_EACH:
        row = knobs.get("j")
        return 1, (view.name, int(row)) if isinstance(row, (int, float)) else None
    if made.parameters[0].many:
        counts = [one.rows for one in views if one.rows is not None]
        return (sum(counts) if len(counts) == len(views) else None), None
    many = next((value for value in knobs.values() if isinstance(value, tuple)), None)
    if many is not None and view.rows is not None:
        return view.rows * max(1, len(many)), None
    return view.rows, None


def view_sizes(made: Signature, image: Sizes | None, knobs: Mapping[str, object]) -> Sizes | None:
    """Channels, height and width of the result; None where nothing is known.

    The axes of the signature say it: `b c h w` to `b 1 h w` is one channel of the old size,
    `b c size size` is as large as the knob `size`.
    """
    given, gives = made.parameters[0].axes.split()[1:], made.axes.split()[1:]
    if image is not None and len(image) != len(given):
        return None
    known: dict[str, object] = dict(zip(given, image or (None,) * len(given), strict=True))
    known |= knobs
    found = tuple(_size(word, known) for word in gives)
    return found if any(found) else None


def view_elements(
    made: Signature, rows: int | None, sizes: Sizes | None, knobs: Mapping[str, object], batch: int
) -> int:
    """How many pixels a view holds at least, with those that are only there on the way."""
    asked = {one.name: one.default for one in made.parameters if one.knob} | dict(knobs)
    pad = asked.get(str(made.flag("pads")))
    more = 2 * pad if isinstance(pad, int) else 0
    channels, *sides = [size or 1 for size in sizes or (1,)]
    return batch * (rows or 1) * channels * prod(side + more for side in sides or (1, 1))


def _size(word: str, known: Mapping[str, object]) -> int | None:
    if word.isdecimal():
        return int(word)
    value = known.get(word)
    return int(value) if isinstance(value, (int, float)) else None


def view_form(
    made: Signature, views: Sequence[View], knobs: Mapping[str, object]
) -> tuple[str, ...]:
    """What is done to an image even where nothing is drawn.

    An augmentation that only draws, such as `flip`, then does nothing; one that also changes
    the size, takes one row of several, or draws nothing but a share of 1 (`grey(v)`), does.
    """
    before = tuple(step for view in views for step in view.form)
    if len(before) > LONG:  # a view of views of views: only whether two are alike counts
        before = (sha256("\n".join(before).encode()).hexdigest(),)
    asked = {one.name: one.default for one in made.parameters if one.knob} | dict(knobs)
    only_draws = made.flag("random") and made.parameters[0].axes == made.axes
    return (
        before
        if only_draws and asked != {"p": 1.0}
        else (*before, f"{made.name} {sorted(knobs.items())}")
    )
