"""The folder of a run: what lies where, and never one run over another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import NothingToResume, RunExists, RunInUse
from kdgraph.lang.errors.system import UnusableFolder, reason_of
from kdgraph.train.lock import hold

BEGUN = ".begun"
"""marks a folder that a run has taken"""
TRIES = 10
"""at a folder that other processes make and remove"""


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
        """Whether the folder is there and holds anything, of a run or not."""
        try:
            return any(self.path.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return False

    @property
    def is_run(self) -> bool:
        """Whether the folder is that of a run, so that `--resume` may write to it."""
        return any(one.exists() for one in (self.config, self.result, self.path / BEGUN))

    def abandon(self) -> None:
        """Remove the folder of a run that never began; one that holds anything stays.

        Only the process that holds the folder may do this.
        """
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
def held(run: RunDir, *, make: bool = False) -> Iterator[bool]:
    """Have the folder to oneself; the system gives it back when the process ends.

    Where folders can't be locked (Windows, some network drives), nobody is kept out, and False
    is given.

    Args:
        run: the folder.
        make: make it where it is missing.

    Raises:
        RecipeError: another process has it.
    """
    try:
        handle = _handle(run.path, make=make)
    except BlockingIOError:
        raise RecipeError(RunInUse(folder=str(run.path))) from None
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def _handle(folder: Path, *, make: bool) -> int | None:
    """Lock a folder; one that its holder removes at this moment is made again.

    Raises:
        OSError: it can't be made, or is not there.
    """
    for tried in count(1):
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            handle = hold(folder)
            if handle is None or _is_at(folder, handle):
                return handle
            os.close(handle)
        except (FileNotFoundError, FileExistsError):
            if tried >= TRIES:
                raise
    raise AssertionError


def _is_at(folder: Path, handle: int) -> bool:
    """Whether the folder that was opened is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """See that a folder can be made and written to.

    Raises:
        RecipeError: the system refuses.
    """
    try:
        yield
    except OSError as error:
        raise RecipeError(UnusableFolder(folder=str(folder), reason=reason_of(error))) from error


@contextmanager
def begin(name: str, *, out: Path | None = None, root: Path = Path("runs")) -> Iterator[RunDir]:
    """A new folder, held: `out` if it is free, by default the first free of `kd`, `kd-2`, `kd-3`.

    It is removed at the end if nothing was written to it.

    Raises:
        RecipeError: `out` holds something, or another process begins a run in it.
    """
    with ExitStack() as stack:
        with usable(out or root):
            run = _new(stack, root, name) if out is None else _entered(stack, out, named=True)
        try:
            yield run
        finally:
            run.abandon()


def _new(stack: ExitStack, root: Path, name: str) -> RunDir:
    """The first folder that is free; also an empty one that a killed process has left."""
    for path in _names(root, name):
        try:
            return _entered(stack, path, named=False)
        except (RecipeError, FileExistsError):
            continue
    raise AssertionError


def _entered(stack: ExitStack, folder: Path, *, named: bool) -> RunDir:
    """A folder of this name, held from now on.

    Raises:
        RecipeError: it is not free.
    """
    run = RunDir(folder)
    with ExitStack() as own:
        try:
            locked = own.enter_context(held(run, make=True))
        except RecipeError:
            state = "a run that another process is training"
            raise RecipeError(RunExists(folder=str(folder), state=state)) from None
        _take(run, locked=locked, mark=named or not locked)
        stack.enter_context(own.pop_all())
    return run


def _take(run: RunDir, *, locked: bool, mark: bool) -> None:
    """Mark a folder as a run's. One that a killed process has marked, and no more, is free."""
    folder = str(run.path)
    if any(one.name != BEGUN for one in run.path.iterdir()):
        if not run.is_run:
            advice = "name another folder with `--out`"
            raise RecipeError(RunExists(folder=folder, state="other files", advice=advice))
        state = "a finished run" if run.is_finished else "a run"
        raise RecipeError(RunExists(folder=folder, state=state))
    if not mark:
        return
    try:
        (run.path / BEGUN).touch(exist_ok=locked)
    except FileExistsError:
        state = "a run that another process has begun"
        raise RecipeError(RunExists(folder=folder, state=state)) from None


@contextmanager
def again(name: str, *, out: Path | None = None, root: Path = Path("runs")) -> Iterator[RunDir]:
    """The run to resume, held: `out`, by default the newest of that name that is not finished.

    Where all are finished it is the newest one, whose result is then only shown again.

    Raises:
        RecipeError: there is none, or another process is training in it.
    """
    with ExitStack() as stack:
        with usable(out or root):
            run = _resumed(name, out, root)
            try:
                stack.enter_context(held(run))
            except FileNotFoundError:  # who began it a moment ago has removed it
                raise RecipeError(NothingToResume(folder=str(run.path))) from None
            if not run.is_finished:
                (run.path / BEGUN).touch()  # sees whether it can be written to, before training
        yield run


def _resumed(name: str, out: Path | None, root: Path) -> RunDir:
    if out is not None:
        candidates = [RunDir(out)]
    else:
        candidates = []
        for path in _names(root, name):
            if not path.exists():
                break
            candidates.append(RunDir(path))
    begun = [run for run in candidates if run.is_run]
    if not begun:
        advice = "it holds other files than a run's; name the run's folder with `--out`"
        told = {"advice": advice} if any(run.is_begun for run in candidates) else {}
        raise RecipeError(NothingToResume(folder=str(out or root / name), **told))
    unfinished = [run for run in begun if not run.is_finished]
    return (unfinished or begun)[-1]


def _names(root: Path, name: str) -> Iterator[Path]:
    yield root / name
    for number in count(2):
        yield root / f"{name}-{number}"
