"""A network whose features are probed: read from what a finished run has left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from kdgraph.data.known import KNOWN
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.probe import NoFeatures
from kdgraph.models.aliases import aliases
from kdgraph.models.checkpoint import split_path
from kdgraph.models.known import LIBRARIES
from kdgraph.normalisation import Normalisation
from kdgraph.train import config, result
from kdgraph.train.cast import STUDENT
from kdgraph.train.exported import Exported, exported, from_facts, missing
from kdgraph.train.rundir import RunDir
from kdgraph.train.sees import Sight


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
        raise RecipeError(missing(RunDir(folder)))
    return found


def student(run: RunDir) -> Subject:
    """The student of a run, by what its file says of itself."""
    return _subject(exported(run))


def teachers(run: RunDir) -> dict[str, Subject]:
    """The teachers of a run whose weights are still there."""
    if not run.result.exists():
        return {}
    told = result.facts(run.result).get("teachers", {})
    return {
        name: _subject(from_facts(about, str(about["weights"])))
        for name, about in told.items()
        if _is_library(about["weights"]) or Path(split_path(about["weights"])[0]).is_file()
    }


def size_of(run: RunDir) -> int | None:
    """Height of the images that a run was trained on, where it says so."""
    told: Mapping[str, Any] = config.kept(run) if run.config.exists() else {}
    data = told.get("data", {})
    known = KNOWN.get(str(data.get("name")))
    size = data.get("size") or (known.height if known else None)
    return int(size) if size else None


def _subject(one: Exported) -> Subject:
    features = aliases(one.network).get("features")
    if not isinstance(features, str):
        raise RecipeError(NoFeatures(network=one.model))
    one.network.requires_grad_(requires_grad=False)
    return Subject(one.model, one.network, one.normalisation, features, one.sight)


def _is_library(weights: str) -> bool:
    return weights.partition(":")[0] in LIBRARIES
