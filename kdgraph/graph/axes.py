"""Axes of one operation: patterns bound to sizes, broadcasting, matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdgraph.graph.graph import Axes, Axis


@dataclass(frozen=True)
class Clash:
    """Two slots disagree about an axis; rows that differ are another mistake than sizes."""

    slot: str
    other: str
    axis: str
    size: Axis
    other_size: Axis

    @property
    def is_rows(self) -> bool:
        """Whether both are rows of batches, of different images."""
        return bool(self.size.rows and self.other_size.rows)


@dataclass(frozen=True)
class RankMistake:
    """A slot has another number of axes than its pattern; `=slot n`: n, as that slot has."""

    slot: str
    pattern: str
    found: Axes


Mistake = Clash | RankMistake


def agree(one: Axis, other: Axis) -> bool:
    """Whether two axes can be one; what is not known agrees with everything."""
    if one.rows and other.rows:
        return one.rows == other.rows
    if (one.rows and other.size is not None) or (other.rows and one.size is not None):
        return False  # the rows of a batch are not known before training
    return None in {one.size, other.size} or one.size == other.size


def merged(one: Axis, other: Axis) -> Axis:
    """What both together know about an axis."""
    return one if one.rows or (one.size is not None and not other.rows) else other


class Binding:
    """The axis names of one signature, bound slot by slot."""

    def __init__(self, sizes: dict[str, int | None]) -> None:
        self.sizes = sizes
        self.bound: dict[str, tuple[Axis, str]] = {}
        self.rest: tuple[Axes, str] | None = None
        self.mistakes: list[Mistake] = []

    def bind(self, slot: str, pattern: str, axes: Axes | None) -> None:
        """Match the axes of a value with the pattern of its slot."""
        if axes is None:
            return
        names = pattern.split()
        if "..." in names:
            before = names.index("...")
            after = len(names) - before - 1
            if len(axes) < before + after:
                self.mistakes.append(RankMistake(slot, pattern, axes))
                return
            middle = axes[before : len(axes) - after]
            letters = letters_of(axes)[before : len(axes) - after]
            known = self.rest
            if known is not None and len(known[0]) != len(middle):
                count = len(known[0]) + before + after
                self.mistakes.append(RankMistake(slot, f"={known[1]} {count}", axes))
                return
            self._bind_rest(slot, middle, letters)
            pairs = [
                *zip(names[:before], axes, strict=False),
                *zip(names[before + 1 :], axes[len(axes) - after :], strict=True),
            ]
        elif len(names) != len(axes):
            self.mistakes.append(RankMistake(slot, pattern, axes))
            return
        else:
            pairs = list(zip(names, axes, strict=True))
        for name, axis in pairs:
            self._bind_one(slot, name, axis)

    def _bind_one(self, slot: str, name: str, axis: Axis) -> None:
        if name.isdigit() or name in self.sizes:
            wanted = Axis(int(name) if name.isdigit() else self.sizes[name])
            if not agree(axis, wanted):
                self.mistakes.append(Clash(slot, slot, name, axis, wanted))
            return
        known = self.bound.get(name)
        if known is None:
            self.bound[name] = (axis, slot)
        elif agree(known[0], axis):
            self.bound[name] = (merged(known[0], axis), known[1])
        else:
            self.mistakes.append(Clash(slot, known[1], name, axis, known[0]))

    def _bind_rest(self, slot: str, axes: Axes, letters: tuple[str, ...]) -> None:
        if self.rest is None:
            self.rest = (axes, slot)
            return
        known, other = self.rest
        for letter, one, two in zip(letters, axes, known, strict=True):
            if not agree(one, two):
                self.mistakes.append(Clash(slot, other, letter, one, two))
                return
        self.rest = (tuple(map(merged, known, axes)), other)

    def result(self, pattern: str) -> Axes | None:
        """The axes that a result's pattern stands for; None where a name is not bound."""
        made: list[Axis] = []
        for name in pattern.split():
            if name == "...":
                if self.rest is None:
                    return None
                made += self.rest[0]
            elif name.isdigit():
                made.append(Axis(int(name)))
            elif name in self.sizes:
                made.append(Axis(self.sizes[name]))
            elif name in self.bound:
                made.append(self.bound[name][0])
            else:
                made.append(Axis())
        return tuple(made)


def rows_of_batch(axis: Axis) -> int | None:
    """How many rows for each image an axis has: 3 of `3b`, 3 of `b+2b`; None for other rows.

    >>> rows_of_batch(Axis(rows="b+2b")), rows_of_batch(Axis(rows="b before"))
    (3, None)
    """
    counts = [one.removesuffix("b") or "1" for one in axis.rows.split("+")]
    whole = all(one.isdecimal() for one in counts) and axis.rows.endswith("b")
    return sum(map(int, counts)) if whole else None


def letters_of(axes: Sequence[Axis]) -> tuple[str, ...]:
    """What people call the axes of a value of this rank."""
    return {1: ("b",), 2: ("b", "d"), 3: ("b", "n", "d"), 4: ("b", "c", "h", "w")}.get(
        len(axes), tuple(str(place) for place in range(len(axes)))
    )


def broadcast(slots: Sequence[tuple[str, Axes | None]]) -> tuple[Axes | None, list[Mistake]]:
    """The axes of a pointwise result.

    Values whose first axis is rows of the batch are matched from the left: one number for
    each row meets every column of its row. All others are matched from the right, as in
    PyTorch.
    """
    if any(axes is None for _, axes in slots):
        return None, []
    known = [(slot, axes) for slot, axes in slots if axes]
    if not known:
        return (), []
    rank = max(len(axes) for _, axes in known)
    made: list[tuple[Axis, str] | None] = [None] * rank
    mistakes: list[Mistake] = []
    for slot, axes in known:
        start = 0 if by_rows(axes, rank) else rank - len(axes)
        for place, axis in enumerate(axes, start):
            before = made[place]
            if before is None or (before[0].size == 1 and not before[0].rows):
                made[place] = (axis, slot)
            elif axis.size == 1 and not axis.rows:
                continue
            elif agree(before[0], axis):
                made[place] = (merged(before[0], axis), before[1])
            else:
                letter = letters_of(range_axes(rank))[place]
                mistakes.append(Clash(slot, before[1], letter, axis, before[0]))
                return None, mistakes
    return tuple(one[0] if one else Axis(1) for one in made), mistakes


def by_rows(axes: Axes, rank: int) -> bool:
    """Whether a value of fewer axes is one for each row, and so is matched from the left."""
    return len(axes) < rank and bool(axes) and bool(axes[0].rows)


def range_axes(rank: int) -> Axes:
    """So many axes of which nothing is known."""
    return (Axis(),) * rank


def product(left: Axes | None, right: Axes | None) -> tuple[Axes | None, list[Mistake]]:
    """The axes of a matrix product."""
    if left is None or right is None:
        return None, []
    if not left or not right:
        slot, axes = ("left", left) if not left else ("right", right)
        return None, [RankMistake(slot, "n d", axes)]
    inner = right[-2] if len(right) > 1 else right[-1]
    if not agree(left[-1], inner):
        return None, [Clash("right", "left", "d", inner, left[-1])]
    if len(right) == 1:
        return left[:-1], []
    for place, (one, other) in enumerate(zip(left[-3::-1], right[-3::-1], strict=False), 3):
        if not agree(one, other) and 1 not in {one.size, other.size}:
            letter = letters_of(left)[-place]
            return None, [Clash("right", "left", letter, other, one)]
    batch = left[:-2] if len(left) >= len(right) else right[:-2]
    rows = left[-2:-1] if len(left) > 1 else ()
    return (*batch, *rows, right[-1]), []
