"""What the runs of all recipes came to, as rows of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdgraph.train.cast import STUDENT
from kdgraph.train.result import Result

DISTILLED = (STUDENT, "student distilled")
"""what a run's own table calls the student that the recipe trains"""


@dataclass(frozen=True)
class Row:
    """Who it is, and each measure with one value for each seed.

    Attributes:
        last: accuracy on the test set after the last epoch, a share.
        best: after the best epoch.
        agreement: of the test images, the share on which it names its teacher's class.
        seconds: of training.
        memory: bytes at the highest.
        seeds: those that are done.
        missing: how many runs failed.
    """

    name: str
    model: str
    last: tuple[float, ...] = ()
    best: tuple[float, ...] = ()
    agreement: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    memory: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    missing: int = 0


def teachers(results: Sequence[Result]) -> list[Row]:
    """A row for each model that was there to be learnt from; the same one once."""
    found: dict[tuple[object, ...], Row] = {}
    for result in results:
        for one in result.table:
            if one.name not in DISTILLED and not one.peak_memory and (one.last or one.weights):
                name = f"{one.name}, {one.weights} weights" if one.weights else one.name
                row = Row(name, one.model, one.last, one.best, seconds=one.seconds)
                found.setdefault((name, one.model, one.last), row)
    return list(found.values())


def student(name: str, model: str, results: Mapping[int, Result], seeds: int) -> Row:
    """The row of a recipe.

    Args:
        name: of the row.
        model: the student's network.
        results: of its runs that are done, by their seeds.
        seeds: how many there should be.
    """
    row = Row(name, model, missing=seeds - len(results))
    for seed, result in sorted(results.items()):
        one = next(entry for entry in result.table if entry.name in DISTILLED)
        alike = (
            like.measures.get("agreement", ())
            for like in result.fidelity
            if like.name in DISTILLED and like.data == "test"
        )
        row = Row(
            name,
            one.model,
            row.last + one.last,
            row.best + one.best,
            row.agreement + next(alike, ()),
            row.seconds + one.seconds,
            row.memory + one.peak_memory,
            (*row.seeds, seed),
            row.missing,
        )
    return row
