"""What a run came to, on disk: the table for people, the numbers for `compare`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import BrokenRunFile
from kdgraph.train import atomic, fidelity_table
from kdgraph.train.cast import STUDENT, Cast
from kdgraph.train.closing import Likeness
from kdgraph.train.rundir import RunDir
from kdgraph.train.stage import Outcome
from kdgraph.train.table import Entry, markdown, mean

FORMAT = 1
ALONE_ROW = "student alone"


@dataclass(frozen=True)
class Result:
    """The rows of a finished run.

    Attributes:
        table: accuracies, of teachers and of students.
        fidelity: students beside their teachers.
    """

    table: tuple[Entry, ...]
    fidelity: tuple[Likeness, ...] = ()


@dataclass
class Course:
    """What one row of the table came to, seed after seed.

    Args:
        name: of the row.
        who: which model of the recipe it is.
        model: the network's name.
        parameters: how many it has.
    """

    name: str
    who: str
    model: str
    parameters: int
    outcomes: list[Outcome] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def add(self, done: Outcome, memory: int | None) -> None:
        """One seed more, and the bytes that it took at the highest, where that is known."""
        self.outcomes.append(done)
        self.memory += [] if memory is None else [memory]

    def entry(self) -> Entry:
        """The row."""
        accuracies = [one.accuracies[self.who] for one in self.outcomes]
        return Entry(
            self.name,
            self.model,
            last=tuple(one.last for one in accuracies),
            best=tuple(one.best for one in accuracies),
            parameters=self.parameters,
            seconds=tuple(one.seconds for one in self.outcomes),
            images_per_second=tuple(one.speed for one in self.outcomes),
            peak_memory=tuple(self.memory),
        )


def courses_of(made: Cast, *, alone: bool) -> dict[str, Course]:
    """A row for every model that each seed trains, by its name; the student's come last."""
    distilled = "student distilled" if made.teachers else STUDENT
    rows = {name: name for name in made.learners if name != STUDENT}
    rows |= {ALONE_ROW: STUDENT} if alone else {}
    models = made.experiment.setting.models
    return {
        row: Course(row, who, models[who].name, size(made.networks[who]))
        for row, who in {**rows, distilled: STUDENT}.items()
    }


def assistant(made: Cast, name: str, done: Outcome) -> Entry:
    """The row of a model that was trained once for all students."""
    model, parameters = made.experiment.setting.models[name].name, size(made.networks[name])
    came = done.accuracies[name]
    seconds = () if came.seconds is None else (came.seconds,)
    return Entry(name, model, (came.last,), (came.best,), parameters, seconds)


def size(network: nn.Module) -> int:
    """How many parameters a network has."""
    return sum(one.numel() for one in network.parameters())


def write(run: RunDir, result: Result, facts: Mapping[str, object]) -> None:
    """`result.md`, then `result.json`, whose presence says that the run is finished.

    Args:
        run: where.
        result: the rows.
        facts: what else belongs to the result: recipe, setting, seeds, versions, graph.
    """
    title = str(facts.get("recipe", ""))
    text = markdown(result.table, title=title) + fidelity_table.markdown(result.fidelity)
    atomic.write_text(run.path / "result.md", text)
    rows = [asdict(one) | {"mean_last": mean(one.last)} for one in result.table]
    alike = [{"name": one.name, "data": one.data, **one.measures} for one in result.fidelity]
    whole = {"format": FORMAT, **facts, "table": rows, "fidelity": alike}
    atomic.write_sealed(run.result, {name: _finite(value) for name, value in whole.items()})


def read(path: Path) -> Result:
    """The rows of a finished run.

    Raises:
        RecipeError: the file is cut short, or was edited.
    """
    whole = facts(path)
    try:
        return Result(
            tuple(_entry(row) for row in whole["table"]),
            tuple(_likeness(row) for row in whole["fidelity"]),
        )
    except (TypeError, KeyError, AttributeError) as fault:
        raise RecipeError(_broken(path, "it holds no tables")) from fault


def facts(path: Path) -> dict[str, Any]:
    """Everything that the file of a finished run says.

    Raises:
        RecipeError: the file is cut short, or was edited.
    """
    try:
        return atomic.read_sealed(path, older=True)
    except ValueError as fault:
        raise RecipeError(_broken(path, str(fault))) from fault


def _broken(path: Path, reason: str) -> BrokenRunFile:
    advice = "delete it, and `--resume` measures the end again"
    return BrokenRunFile(path=str(path), reason=reason, advice=advice)


def _entry(row: Mapping[str, object]) -> Entry:
    told = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.items()
        if name != "mean_last"
    }
    return Entry(**told)  # type: ignore[arg-type]  # as `write` wrote it


def _likeness(row: Mapping[str, object]) -> Likeness:
    measures = {
        name: tuple(math.nan if one is None else one for one in value)
        for name, value in row.items()
        if isinstance(value, list)
    }
    return Likeness(str(row["name"]), str(row["data"]), measures)


def _finite(value: object) -> object:
    """The same without numbers that JSON does not have: infinite ones, and none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value
