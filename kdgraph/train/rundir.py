"""The folder of a run: what lies where, and never one run over another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import NothingToResume, RunExists, RunInUse
from kdgraph.train.lock import hold

BEGUN = ".begun"
"""marks a folder that a run has taken"""


@dataclass(frozen=True)
class RunDir:
    """A run's folder, by the names of what lies in it."""

    path: Path

    @property
    def config(self) -> Path:
        """The setting as run: everything that `--set` and the recipe changed is in it."""
        return self.path / "config.yaml"

    @property
    def recipe(self) -> Path:
        """A copy of the recipe."""
        return self.path / "recipe.kd"

    @property
    def metrics(self) -> Path:
        """The journal."""
        return self.path / "metrics.jsonl"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def checkpoints(self) -> Path:
        """A folder for each stage."""
        return self.path / "checkpoints"

    def weights(self, model: str) -> Path:
        """A model that the run has trained, such as `student.safetensors`."""
        return self.path / f"{model}.safetensors"

    @property
    def graph(self) -> Path:
        """The loss graph as a picture."""
        return self.path / "graph.svg"

    @property
    def condense(self) -> Path:
        """How the training set was condensed, as a picture."""
        return self.path / "condense.svg"

    @property
    def result(self) -> Path:
        """The final numbers; a run that has them is finished."""
        return self.path / "result.json"

    @property
    def is_finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.result.exists()

    @property
    def is_begun(self) -> bool:
        """Whether there is anything of a run."""
        return self.path.is_dir() and any(self.path.iterdir())

    def abandon(self) -> None:
        """Remove the folder of a run that never began; one that holds anything stays."""
        with suppress(OSError):
            if [one.name for one in self.path.iterdir()] == [BEGUN]:
                (self.path / BEGUN).unlink()
            self.path.rmdir()

    def part(self, name: str) -> RunDir:
        """A run inside this one: a seed, or the student alone."""
        inner = RunDir(self.path / name)
        inner.path.mkdir(parents=True, exist_ok=True)
        return inner


@contextmanager
def held(run: RunDir) -> Iterator[None]:
    """Have the folder to oneself; the system gives it back when the process ends.

    Where folders can't be locked (Windows, some network drives), nobody is kept out.

    Raises:
        RecipeError: another process has it.
    """
    try:
        handle = hold(run.path)
    except BlockingIOError:
        raise RecipeError(RunInUse(folder=str(run.path))) from None
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def begin(name: str, *, out: Path | None = None, root: Path = Path("runs")) -> RunDir:
    """A new folder: `out` if it is free; without it the first free of `kd`, `kd-2`, `kd-3`."""
    if out is not None:
        run = RunDir(out)
        if run.is_begun:
            state = "a finished run" if run.is_finished else "a run or other files"
            raise RecipeError(RunExists(folder=str(out), state=state))
        out.mkdir(parents=True, exist_ok=True)
        try:
            (out / BEGUN).touch(exist_ok=False)  # of two runs at once, one is first
        except FileExistsError:
            raise RecipeError(RunExists(folder=str(out), state="a run that began now")) from None
        return run
    root.mkdir(parents=True, exist_ok=True)
    for path in _names(root, name):
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return RunDir(path)
    raise AssertionError


def again(name: str, *, out: Path | None = None, root: Path = Path("runs")) -> RunDir:
    """The run to resume: `out`, else the newest of that name that is not finished.

    Where all are finished it is the newest one, whose result is then only shown again.
    """
    if out is not None:
        candidates = [RunDir(out)]
    else:
        candidates = []
        for path in _names(root, name):
            if not path.exists():
                break
            candidates.append(RunDir(path))
    begun = [run for run in candidates if run.is_begun]
    if not begun:
        raise RecipeError(NothingToResume(folder=str(out or root / name)))
    unfinished = [run for run in begun if not run.is_finished]
    return (unfinished or begun)[-1]


def _names(root: Path, name: str) -> Iterator[Path]:
    yield root / name
    for number in count(2):
        yield root / f"{name}-{number}"
