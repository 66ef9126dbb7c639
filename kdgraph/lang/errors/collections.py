"""KD2xx: lists, sums over things, and brackets."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class UnequalZip(Diagnostic):
    """`zip` runs over collections of different lengths.

    Quietly dropping the last stages would be a different method. Pair the ones you mean,
    or say `short=true` to stop with the shortest.
    """

    code = "KD214"
    title = "`zip` over {lengths} things"
    label = "unequal lengths"
    help = "pick equal parts, such as `teacher.maps[1:]`, or write `zip(…, short=true)`"

    lengths: str


@dataclass(frozen=True, kw_only=True)
class NotACollection(Diagnostic):
    """`Σ` and `zip` run over collections: `teachers`, `student.maps`, `[a, b]`, `zip(…)`."""

    code = "KD215"
    title = "`{words}` is not a collection"
    label = "one thing"
    help = "run over `teachers`, `student.maps`, `zip(…)` or a list `[a, b]`"

    words: str


@dataclass(frozen=True, kw_only=True)
class WrongTarget(Diagnostic):
    """A loop unpacks another number of names than its things have."""

    code = "KD216"
    title = "each thing has {counted}, but the loop names {names}"
    label = "{counted} each"
    help = "write as many names as `zip` has arguments"

    parts: int
    names: int

    def facts(self) -> dict[str, object]:
        """The fields, with the number of parts in words."""
        counted = "one part" if self.parts == 1 else f"{self.parts} parts"
        return {**super().facts(), "counted": counted}


@dataclass(frozen=True, kw_only=True)
class OutOfRange(Diagnostic):
    """An index past the end of a collection, or of a value's columns."""

    code = "KD217"
    title = "there is no {what} {index} among {count}"
    label = "counted from 0"
    help = "{advice}"

    index: int
    count: int
    last: int
    what: str = "item"

    def facts(self) -> dict[str, object]:
        """The fields, with what the index may be."""
        advice = f"use 0 to {self.last}" if self.last else f"there is only {self.what} 0"
        if not self.count:
            advice = "nothing is in it: take a list that holds something"
        return {**super().facts(), "advice": advice}


@dataclass(frozen=True, kw_only=True)
class WrongIndex(Diagnostic):
    """Brackets after a value take rows, or columns.

    v[j]         rows, by their numbers
    v[:, J]      for each row the columns that J names, of shape (b, k)
    v[:, 1:]     a range of columns
    """

    code = "KD219"
    title = "`{words}` takes neither rows nor columns"
    label = "not an index"
    help = "`v[j]` takes rows, `v[:, J]` columns, `v[:, 1:]` a range of columns"

    words: str


@dataclass(frozen=True, kw_only=True)
class EmptyCollection(Diagnostic):
    """A sum or a stage runs over nothing: it would silently be gone.

    loss: sup + mean(kd(t.logits ‖ student.logits) for t in teachers[5:])
    """

    code = "KD221"
    title = "there is nothing in `{words}` to run over"
    label = "empty"
    help = "run over something, or take it out"

    words: str
