"""Where a stage stands, on disk: tensors and a manifest, complete at any moment.

A checkpoint is a folder with a number, made under another name and renamed when it is complete
and has reached the disk. So the newest folder with a number is the newest checkpoint, and no
pointer can disagree with it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.run import (
    BrokenCheckpoint,
    OtherMachine,
    OtherRun,
    SkippedCheckpoint,
)
from kdgraph.lang.protocol import Training
from kdgraph.train import atomic
from kdgraph.train.events import EpochResult
from kdgraph.train.record import Row

TENSORS, MANIFEST = "tensors.safetensors", "manifest.json"


@dataclass(frozen=True)
class Tally:
    """A sum and how many values are in it."""

    total: float = 0.0
    count: int = 0

    def __add__(self, value: float) -> Tally:
        """One value more."""
        return Tally(self.total + value, self.count + 1)

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return self.total / self.count


class Place(BaseModel):
    """How far a stage has come, and what it has measured."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")

    epoch: int = 1
    batch: int = 0
    """batches of this epoch that are done"""
    step: int = 0
    history: list[EpochResult] = Field(default_factory=list)
    best: EpochResult | None = None
    window: list[Row] = Field(default_factory=list)
    """steps since the last entry in the journal"""
    sums: dict[str, Tally] = Field(default_factory=dict)
    """each term over the steps of this epoch, and the total under no name"""
    seconds: float = 0.0
    """computing in this stage so far"""
    epoch_seconds: float = 0.0
    """computing in this epoch so far"""


class Identity(BaseModel):
    """What must be the same for a run to go on: recipe, protocol, seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    graph: str
    protocol: str
    seed: int
    stage: int


class Circumstances(BaseModel):
    """What should be the same for a run to go on bit for bit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    torch: str
    device: str
    threads: int
    world: int
    kdgraph: str
    python: str


class Manifest(BaseModel):
    """The words beside the tensors."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    format: Literal[1] = 1
    identity: Identity
    circumstances: Circumstances
    place: Place
    sha256: str


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one stage: numbered folders, and a file that names the newest."""

    folder: Path
    identity: Identity
    circumstances: Circumstances
    keep: int = 2

    def save(self, place: Place, tensors: Mapping[str, Tensor]) -> Path:
        """Write one more, then remove all but the last few."""
        atomic.sweep(self.folder)
        numbers = [int(one.name) for one in self._all()]
        path = self.folder / f"{max(numbers, default=0) + 1:06d}"
        with atomic.new_folder(path) as draft:
            digest = atomic.write_tensors(draft / TENSORS, tensors)
            manifest = Manifest(
                identity=self.identity,
                circumstances=self.circumstances,
                place=place,
                sha256=digest,
            )
            atomic.write_text(draft / MANIFEST, manifest.model_dump_json(indent=1))
        for old in self._all()[: -self.keep]:
            shutil.rmtree(old, ignore_errors=True)
        return path

    def load(
        self, warn: Callable[[Diagnostic], None]
    ) -> tuple[Place, dict[str, Tensor]] | None:
        """The newest that can be read, or nothing where there is none.

        One of another recipe, protocol or seed is refused. Another machine is warned about.
        """
        faults: list[tuple[Path, str]] = []
        for path in reversed(self._all()):
            try:
                manifest = read_manifest(path)
                tensors = atomic.read_tensors(path / TENSORS, manifest.sha256)
            except ValueError as fault:
                faults.append((path, str(fault)))
                continue
            self._refuse_other(path, manifest)
            for broken, reason in faults:
                warn(SkippedCheckpoint(path=str(broken), reason=reason))
            for difference in _differences(manifest.circumstances, self.circumstances):
                warn(difference)
            return manifest.place, tensors
        if faults:
            path, reason = faults[0]
            raise RecipeError(BrokenCheckpoint(path=str(path), reason=reason))
        return None

    def _all(self) -> list[Path]:
        """Complete ones, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(one for one in self.folder.iterdir() if one.name.isdecimal())

    def _refuse_other(self, path: Path, manifest: Manifest) -> None:
        saved, found = manifest.identity, self.identity
        for what in ("graph", "protocol", "seed", "stage"):
            one, other = getattr(saved, what), getattr(found, what)
            if one != other:
                mistake = OtherRun(
                    folder=str(path), what=what, saved=str(one)[:12], found=str(other)[:12]
                )
                raise RecipeError(mistake)


def read_manifest(path: Path) -> Manifest:
    """The manifest of a checkpoint.

    Raises:
        ValueError: it is missing, or is not one.
    """
    try:
        return Manifest.model_validate_json((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as fault:
        first = str(fault).splitlines()[0]
        msg = f"`{MANIFEST}`: {first}"
        raise ValueError(msg) from fault


def fingerprint(training: Training) -> str:
    """A protocol as a short text that is the same for the same numbers."""
    words = json.dumps(asdict(training), sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def circumstances(device: str, world: int) -> Circumstances:
    """Those of this process."""
    return Circumstances(
        torch=torch.__version__,
        device=device,
        threads=torch.get_num_threads(),
        world=world,
        kdgraph=_installed(),
        python=platform.python_version(),
    )


def _installed() -> str:
    try:
        return version("kdgraph")
    except PackageNotFoundError:
        return "not installed"


def _differences(saved: Circumstances, found: Circumstances) -> list[OtherMachine]:
    pairs = [(what, str(getattr(saved, what)), str(getattr(found, what))) for what in _TOLD]
    return [
        OtherMachine(what=_TOLD[what], saved=one, found=other)
        for what, one, other in pairs
        if one != other
    ]


_TOLD = {
    "threads": "threads =",
    "world": "ranks =",
    "device": "device",
    "torch": "torch",
    "kdgraph": "kdgraph",
}
