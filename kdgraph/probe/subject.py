"""A network whose features are probed: read from what a finished run has left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import nn

from kdgraph.data.known import KNOWN
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.probe import NoFeatures, NothingToProbe
from kdgraph.models.aliases import aliases
from kdgraph.models.build import build
from kdgraph.models.file_statistics import OURS
from kdgraph.models.known import LIBRARIES
from kdgraph.models.state_file import read_state
from kdgraph.models.weights import load_weights
from kdgraph.normalisation import Normalisation
from kdgraph.train import config, result
from kdgraph.train.cast import STUDENT
from kdgraph.train.rundir import RunDir
from kdgraph.train.sees import Sight, sight


@dataclass(frozen=True)
class Subject:
    """A trained network, with what its pixels are normalised with.

    Attributes:
        model: the network's name.
        features: the tap path of what its classifier sees.
        sight: the view it was taught on, where that is another image than the one read.
    """

    model: str
    network: nn.Module
    normalisation: Normalisation
    features: str
    sight: Sight | None = None

    @property
    def channels(self) -> int:
        """Of the images that are read for it."""
        return self.sight.channels if self.sight else len(self.normalisation.mean)


def runs_in(folder: Path) -> list[RunDir]:
    """The folder's own run, or those of its seeds.

    Raises:
        RecipeError: there is no trained student.
    """
    places = [folder, *sorted(folder.glob("seed-*"), key=lambda one: (len(one.name), one.name))]
    found = [RunDir(one) for one in places if RunDir(one).weights(STUDENT).is_file()]
    if not found:
        reason = "it is not finished" if RunDir(folder).is_run else "it is no run"
        if not folder.is_dir():
            reason = "there is no such folder"
        raise RecipeError(NothingToProbe(folder=str(folder), reason=reason))
    return found


def student(run: RunDir) -> Subject:
    """The student of a run, by what its file says of itself."""
    path = run.weights(STUDENT)
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {})[OURS])
        return _subject(about, str(path))
    except (OSError, SafetensorError, KeyError, ValueError) as fault:
        reason = f"`{path.name}` does not say what it is"
        raise RecipeError(NothingToProbe(folder=str(run.path), reason=reason)) from fault


def teachers(run: RunDir) -> dict[str, Subject]:
    """The teachers of a run whose weights are still there."""
    if not run.result.exists():
        return {}
    told = result.facts(run.result).get("teachers", {})
    return {
        name: _subject(about, str(about["weights"]))
        for name, about in told.items()
        if _is_library(about["weights"]) or Path(about["weights"]).is_file()
    }


def size_of(run: RunDir) -> int | None:
    """Height of the images that a run was trained on, where it says so."""
    told: Mapping[str, Any] = config.kept(run) if run.config.exists() else {}
    data = told.get("data", {})
    known = KNOWN.get(str(data.get("name")))
    size = data.get("size") or (known.height if known else None)
    return int(size) if size else None


def _subject(about: Mapping[str, Any], path: str) -> Subject:
    scale = Normalisation(tuple(about["mean"]), tuple(about["std"]))
    model, channels = str(about["model"]), len(scale.mean)
    classes = about.get("classes")
    network = build(model, int(classes or 2), channels=channels)
    features = aliases(network).get("features")
    if not isinstance(features, str):
        raise RecipeError(NoFeatures(network=model))
    if classes is None:
        rows = read_state(path).get(f"{features.removesuffix('.input')}.weight")
        network = network if rows is None else build(model, len(rows), channels=channels)
    load_weights(network, path, told=scale)
    network.requires_grad_(requires_grad=False)
    return Subject(model, network, scale, features, sight(about))


def _is_library(weights: str) -> bool:
    return weights.partition(":")[0] in LIBRARIES
