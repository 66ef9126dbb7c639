"""A whole comparison: read all recipes, see which runs are there, do the others, tell."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from kdgraph.compare.entrants import Entrant
from kdgraph.compare.identity import Identity, identity
from kdgraph.compare.job import Failed, Job
from kdgraph.compare.picture import picture
from kdgraph.compare.pool import Pool, Watcher
from kdgraph.compare.report import PICTURE, Report, markdown, numbers
from kdgraph.compare.rows import Row, student, teachers
from kdgraph.compare.schedule import in_order, side_by_side, slots, threads
from kdgraph.data.images import Split
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.train import atomic, config, result, teacher
from kdgraph.train.cast import STUDENT, cast
from kdgraph.train.method import Place
from kdgraph.train.rehearsal import rehearse
from kdgraph.train.result import Result
from kdgraph.train.rundir import RunDir, usable

IDENTITY = "identity.json"
"""in a recipe's folder: what decides its runs, spelled out"""


@dataclass(frozen=True)
class Wanted:
    """What a comparison was asked for.

    Attributes:
        seeds: of the students; teachers and groundwork have the first.
        devices: where runs may go on side by side.
        device: what the first of them is.
        jobs: how many runs at once; as many as the machine bears, if nothing is said.
    """

    entrants: Sequence[Entrant]
    seeds: range
    out: Path
    devices: tuple[str, ...]
    device: torch.device
    command: str
    jobs: int | None = None
    compile: bool | None = None
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A recipe whose runs are known by name."""

    entrant: Entrant
    model: str
    epochs: float
    jobs: Mapping[int, Job]


@dataclass
class Comparison:
    """Carries a comparison through."""

    wanted: Wanted
    say: Callable[[str], None]
    splits: dict[object, Split] = field(default_factory=dict, init=False)

    def run(self, watch: Callable[[int], Watcher]) -> Report:
        """Do the runs that are not there yet, and write the report.

        Args:
            watch: makes the watcher of so many runs.

        Raises:
            RecipeError: with every mistake of every recipe, before anything is trained.
        """
        known = self._known()
        self.splits.clear()
        every = [job for one in known for job in one.jobs.values()]
        todo = [job for job in every if not RunDir(Path(job.folder)).is_finished]
        if len(todo) < len(every):
            self.say(f"{len(every) - len(todo)} of {len(every)} runs are there already")
        cores = _cores()
        several = side_by_side(self.wanted.jobs, len(todo), cores, self.wanted.devices)
        if todo:
            self.say(f"{len(todo)} to do, {several} at a time")
        share = {"OMP_NUM_THREADS": threads(cores, several, os.environ.get("OMP_NUM_THREADS", ""))}
        pool = Pool(
            slots(several, self.wanted.devices),
            {**os.environ, **(share if several > 1 else {})},
            watch(len(todo)),
            made=_kept({name for job in todo for name in job.shares}),
        )
        failed = pool.run(in_order(todo))
        report = self._report(known, failed)
        self._write(report)
        return report

    def _known(self) -> list[Known]:
        """Every recipe put together with data and networks once; all mistakes at once."""
        known: list[Known] = []
        mistakes: list[Diagnostic] = []
        for one in self.wanted.entrants:
            try:
                known.append(self._look(one))
            except RecipeError as error:
                mistakes += error.diagnostics
        if mistakes:
            raise RecipeError(*{str(one): one for one in mistakes}.values())
        return known

    def _look(self, one: Entrant) -> Known:
        wanted, ground = self.wanted, self.wanted.seeds[0]
        split = self.splits.get(one.experiment.data)
        made = cast(one.experiment, ground, split)
        self.splits[one.experiment.data] = made.split
        place = Place(device=torch.device("cpu"))
        found = identity(made, one.values, ground, wanted.device)
        rehearse(made.experiment, made.networks, made.normalisations, made.split, place)
        folder = wanted.out / f"{one.experiment.recipe.name}-{found.key}"
        jobs = {seed: self._job(one, found, folder, seed) for seed in wanted.seeds}
        stage = made.experiment.analysis.stages[-1][0]
        model = made.experiment.setting.models[STUDENT].name
        return Known(one, model, made.experiment.training(stage).epochs, jobs)

    def _job(self, one: Entrant, found: Identity, folder: Path, seed: int) -> Job:
        words = json.dumps(found.facts, indent=1, ensure_ascii=False, default=str)
        with usable(self.wanted.out):
            folder.mkdir(parents=True, exist_ok=True)
            atomic.write_text(folder / IDENTITY, words + "\n")
        return Job(
            title=f"{one.name}, seed {seed}",
            recipe=one.recipe,
            on=str(one.experiment.setting.source.path),
            values=one.values,
            seed=seed,
            ground=self.wanted.seeds[0],
            folder=str(folder / f"seed-{seed}"),
            shares=found.shares,
            compile=self.wanted.compile,
            plugins=self.wanted.plugins,
        )

    def _report(self, known: Sequence[Known], failed: Mapping[str, Failed]) -> Report:
        failures: dict[str, str] = {}
        rows: list[Row] = []
        everything: list[Result] = []
        for one in known:
            done: dict[int, Result] = {}
            for seed, job in one.jobs.items():
                try:
                    if job.folder in failed:
                        failures[job.title] = failed[job.folder].headline
                    else:
                        done[seed] = result.read(RunDir(Path(job.folder)).result)
                except RecipeError as error:
                    failures[job.title] = error.diagnostics[0].headline
            everything += done.values()
            rows.append(student(one.entrant.name, one.model, done, len(one.jobs)))
        experiment = known[0].entrant.experiment
        return Report(
            experiment.setting.name,
            self.wanted.command,
            self._caption(known),
            [*teachers(everything), *rows],
            _notes(known),
            failures,
            {
                "seeds": list(self.wanted.seeds),
                "device": str(self.wanted.device),
                "runs": {job.title: job.folder for one in known for job in one.jobs.values()},
                "versions": config.versions(),
            },
        )

    def _caption(self, known: Sequence[Known]) -> list[str]:
        seeds = self.wanted.seeds
        told = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
        usual = known[0].epochs
        other = [f"{one.entrant.name} {one.epochs:g}" for one in known if one.epochs != usual]
        epochs = f"{usual:g} epochs{''.join(f', {one}' for one in other)}"
        setting = known[0].entrant.experiment.setting
        others = [f"{name} {spec.name}" for name, spec in setting.models.items() if name != STUDENT]
        lines = [f"{setting.name}: {', '.join([f'student {known[0].model}', *others])}"]
        lines.append(f"{told}, {epochs}")
        lines += ["mean ± standard error over the seeds"] if len(seeds) > 1 else []
        return lines

    def _write(self, report: Report) -> None:
        out = self.wanted.out
        atomic.write_text(out / PICTURE, picture(report))
        atomic.write_text(out / "compare.json", numbers(report))
        atomic.write_text(out / "compare.md", markdown(report))


def _notes(known: Sequence[Known]) -> list[str]:
    """What the columns mean, and which values not all recipes have."""
    lines = ["agree: names its teacher's class; time: of training"]
    strange = {name for one in known for name in one.entrant.strange}
    for name in sorted(strange):
        having = [one.entrant.name for one in known if name in one.entrant.values]
        lines.append(f"`{name}` is set for {', '.join(having)}")
    return lines


def _kept(names: set[str]) -> set[str]:
    """The weights among these that are in the cache."""
    shelf = teacher.folder() / "weights"
    return {name for name in names if (shelf / name.removeprefix("weights ")).exists()}


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
