"""Runs as processes, some at a time; one that fails leaves the others alone."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from kdgraph.compare.job import Failed, Job, Tick, Told, read
from kdgraph.compare.schedule import next_job
from kdgraph.train.interrupt import Interrupted, interruptible

PATIENCE = 0.2
START = "import sys; sys.path[:] = {path!r}; from kdgraph.cli.job import main; main()"
"""a process that finds what this one finds, wherever it was started from"""
ERRORS = "errors.txt"
"""in a run's folder: what a process said when it came to grief"""


class Watcher(Protocol):
    """Is told how the runs go."""

    def begin(self, job: Job) -> None:
        """A run begins."""

    def hear(self, job: Job, told: Told) -> None:
        """It says something."""

    def end(self, job: Job, failed: Failed | None) -> None:
        """It is over."""


@dataclass
class Running:
    """A run that goes on."""

    job: Job
    process: subprocess.Popen[str]
    device: str
    making: frozenset[str]
    failed: Failed | None = None


@dataclass
class Pool:
    """Does runs side by side.

    Args:
        devices: one for each run at a time.
        environment: of the processes.
        watcher: is told.
    """

    devices: Sequence[str]
    environment: Mapping[str, str]
    watcher: Watcher
    made: set[str] = field(default_factory=set)
    running: dict[str, Running] = field(default_factory=dict, init=False)
    heard: queue.SimpleQueue[tuple[str, Told | None]] = field(
        default_factory=queue.SimpleQueue, init=False
    )

    def run(self, jobs: Sequence[Job]) -> dict[str, Failed]:
        """Do them all; those that failed, by their folders.

        Raises:
            Interrupted: the user wished to stop; every run has been asked to, and has.
        """
        waiting, failed = list(jobs), dict[str, Failed]()
        try:
            with interruptible() as wish:
                while waiting or self.running:
                    if wish.stop:
                        self._stop()
                    self._fill(waiting if not wish.stop else [])
                    self._listen(failed)
                    if wish.stop and not self.running:
                        raise Interrupted
        finally:
            for one in self.running.values():
                one.process.kill()
        return failed

    def _fill(self, waiting: list[Job]) -> None:
        """Begin what can begin."""
        while True:
            busy = [one.device for one in self.running.values()]
            free = list(self.devices)
            for device in busy:
                free.remove(device)
            making = [one.making for one in self.running.values()]
            job = next_job(waiting, making, self.made) if free else None
            if job is None:
                return
            waiting.remove(job)
            self._begin(job, free[0])

    def _begin(self, job: Job, device: str) -> None:
        folder = Path(job.folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ERRORS).open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 - this program, with words of its own
                [sys.executable, "-c", START.format(path=sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(self.environment),
                encoding="utf-8",
                start_new_session=os.name != "nt",  # Ctrl-C comes here alone, and is passed on once
            )
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has died already, of what its exit code says
            process.stdin.write(job.words(device) + "\n")
            process.stdin.close()
        self.running[job.folder] = Running(job, process, device, job.shares - self.made)
        threading.Thread(target=self._relay, args=(job.folder, process.stdout), daemon=True).start()
        self.watcher.begin(job)

    def _relay(self, folder: str, lines: TextIO) -> None:
        """What a process says, into the common queue; at its end, nothing."""
        with lines:
            for words in lines:
                self.heard.put((folder, read(words)))
        self.heard.put((folder, None))

    def _listen(self, failed: dict[str, Failed]) -> None:
        try:
            folder, told = self.heard.get(timeout=PATIENCE)
        except queue.Empty:
            return
        one = self.running[folder]
        if told is None:
            self._end(one, failed)
            return
        if isinstance(told, Tick) and told.own:
            self.made |= one.making
            one.making = frozenset()
        if isinstance(told, Failed):
            one.failed = told
        self.watcher.hear(one.job, told)

    def _end(self, one: Running, failed: dict[str, Failed]) -> None:
        code = one.process.wait()
        del self.running[one.job.folder]
        errors = Path(one.job.folder) / ERRORS
        if code == 0:
            errors.unlink(missing_ok=True)
            self.made |= one.making
        else:
            failed[one.job.folder] = one.failed or came_to_grief(code, errors)
        self.watcher.end(one.job, failed.get(one.job.folder))

    def _stop(self) -> None:
        """Ask every run to write a checkpoint and end, once."""
        for one in self.running.values():
            if one.failed is None:
                one.failed = Failed("stopped")
                one.process.terminate()


def came_to_grief(code: int, errors: Path) -> Failed:
    """What a process that said nothing of it died of."""
    said = errors.read_text(encoding="utf-8", errors="replace").strip() if errors.exists() else ""
    last = said.splitlines()[-1] if said else ""
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Failed(f"{last or 'it ended'} ({ended})", f"all of it is in {errors}" if said else "")
