"""A network that a run has trained, read from its file: what it takes to use it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import nn

from kdgraph.data.images import Examples
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.probe import NetworkOfPlugin, NothingToProbe
from kdgraph.models.added import ADDED
from kdgraph.models.aliases import aliases
from kdgraph.models.build import build
from kdgraph.models.file_statistics import OURS
from kdgraph.models.known import LIBRARIES, NAMES
from kdgraph.models.state_file import read_state
from kdgraph.models.weights import load_weights
from kdgraph.normalisation import Normalisation
from kdgraph.train.cast import STUDENT
from kdgraph.train.rundir import RunDir
from kdgraph.train.sees import Sight, sight


@dataclass(frozen=True)
class Exported:
    """A trained network, with all that is known of the images that it was trained on.

    Attributes:
        model: the network's name.
        network: with its weights.
        normalisation: of its pixels.
        classes: how many logits.
        names: of the classes, where the file has them.
        size: height and width of the images as they are read, where the file has them.
        sight: the view it was taught on, where that is another image than the one read.
    """

    model: str
    network: nn.Module
    normalisation: Normalisation
    classes: int
    names: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    sight: Sight | None = None

    @property
    def channels(self) -> int:
        """Of the images that are read for it."""
        return self.sight.channels if self.sight else len(self.normalisation.mean)


def facts_beside(network: nn.Module, examples: Examples) -> dict[str, object]:
    """What to keep beside the weights of a network that was trained on these examples."""
    names = list(examples.names)
    scaled = {"transform_input": True} if getattr(network, "transform_input", False) else {}
    return {"classes": len(names), "names": names, "size": list(examples.size), **scaled}


def exported(run: RunDir, name: str = STUDENT) -> Exported:
    """A network of a run, by what its file says of itself.

    Raises:
        RecipeError: there is no such file, or it is damaged, or of a plugin that is not loaded.
    """
    path = run.weights(name)
    reason = f"`{path.name}` does not say what it is"
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {})[OURS])
        return from_facts(about, str(path))
    except FileNotFoundError as fault:
        raise RecipeError(missing(run, name)) from fault
    except SafetensorError as fault:
        reason = f"`{path.name}` is damaged"
        raise RecipeError(_nothing(run, name, reason)) from fault
    except (OSError, KeyError, RecursionError, TypeError, ValueError) as fault:
        raise RecipeError(_nothing(run, name, reason)) from fault


def from_facts(about: Mapping[str, Any], path: str) -> Exported:
    """The network that these facts and the weights in a file make."""
    scale = Normalisation(tuple(about["mean"]), tuple(about["std"]))
    model, channels = str(about["model"]), len(scale.mean)
    if model.partition(":")[0] not in {*LIBRARIES, *NAMES, *ADDED}:
        raise RecipeError(NetworkOfPlugin(network=model, path=path))
    classes = about.get("classes")
    network = build(model, int(classes or 2), channels=channels)
    features = aliases(network).get("features")
    if classes is None and isinstance(features, str):  # written before files said it
        state = read_state(path, network.state_dict())
        rows = state.get(f"{features.removesuffix('.input')}.weight")
        classes = None if rows is None else len(rows)
        network = network if rows is None else build(model, len(rows), channels=channels)
    load_weights(network, path, told=scale)
    size = about.get("size")
    return Exported(
        model, network, scale, int(classes or 2),
        names=tuple(map(str, about.get("names", ()))),
        size=(int(size[0]), int(size[1])) if size else None,
        sight=sight(about),
    )  # fmt: skip


def missing(run: RunDir, name: str = STUDENT) -> NothingToProbe:
    """Why a folder has no trained network of this name."""
    there = sorted(one.stem for one in run.path.glob("*.safetensors"))
    seeds = sorted(run.path.glob(f"seed-*/{name}.safetensors"))
    reason = "there is no such folder"
    if there:
        reason = f"it has {', '.join(f'`{one}`' for one in there)}"
    elif seeds:
        several = ", ".join(f"`{one.parent}`" for one in seeds[:3])
        reason = f"it holds a run for each seed: {several}{', …' if seeds[3:] else ''}"
    elif run.path.is_file():
        reason = "it is a file"
    elif run.path.is_dir():
        reason = "it is not finished" if run.is_run else "it is no run"
    return _nothing(run, name, reason)


def _nothing(run: RunDir, name: str, reason: str) -> NothingToProbe:
    return NothingToProbe(folder=str(run.path), model=name, reason=reason)
