"""The words of a checkpoint: how far a stage has come, of which run, under what circumstances."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kdgraph.lang.errors.resume import OtherMachine
from kdgraph.lang.protocol import Training
from kdgraph.train import atomic
from kdgraph.train.events import EpochResult
from kdgraph.train.record import Row

MANIFEST = "manifest.json"


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

    epoch: int = Field(default=1, ge=1)
    batch: int = Field(default=0, ge=0)
    """batches of this epoch that are done"""
    step: int = Field(default=0, ge=0)
    history: list[EpochResult] = Field(default_factory=list)
    best: EpochResult | None = None
    window: list[Row] = Field(default_factory=list)
    """steps since the last entry in the journal"""
    sums: dict[str, Tally] = Field(default_factory=dict)
    """each term over the steps of this epoch, and the total under no name"""
    seconds: float = Field(default=0.0, ge=0)
    """computing in this stage so far"""
    epoch_seconds: float = Field(default=0.0, ge=0)
    """computing in this epoch so far"""

    @model_validator(mode="after")
    def _agrees(self) -> Place:
        """Each epoch before this one has been measured, in order."""
        if [one.epoch for one in self.history] != list(range(1, self.epoch)):
            msg = f"epoch {self.epoch} after {len(self.history)} that were measured"
            raise ValueError(msg)
        return self


class Identity(BaseModel):
    """What must be the same for a run to go on: recipe, protocol, seed, and further facts.

    `facts` are named as people call them: data, views, precision, each model's normalisation
    and code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    graph: str
    protocol: str
    seed: int
    stage: int
    facts: dict[str, str] = Field(default_factory=dict)

    @property
    def told(self) -> dict[str, str]:
        """Each fact by its name, those first that say most plainly what differs."""
        named = {name: str(getattr(self, name)) for name in ("graph", "protocol", "seed", "stage")}
        return {**self.facts, **named}


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

    format: Literal[2] = 2
    identity: Identity
    circumstances: Circumstances
    place: Place
    sha256: str


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest of a checkpoint into its folder."""
    words = json.loads(manifest.model_dump_json())
    atomic.write_sealed(folder / MANIFEST, words, allow_nan=True)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a checkpoint.

    Raises:
        ValueError: it is missing, was changed, or is not one.
    """
    words = atomic.read_sealed(folder / MANIFEST)
    try:
        return Manifest.model_validate_json(json.dumps(words))
    except ValidationError as fault:
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


def differences(saved: Circumstances, found: Circumstances) -> list[OtherMachine]:
    """What may make a continued run differ in the last bits."""
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
