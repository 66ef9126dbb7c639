"""What decides a run, beside the run: kept when it begins, compared when it goes on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator, Mapping

import torch
import yaml

from kdgraph import __version__
from kdgraph.experiment import Experiment
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.resume import BrokenRunFile, OtherRun
from kdgraph.train import atomic
from kdgraph.train.rundir import RunDir

COMPARED = ("setting", "seed", "seeds", "ground", "data", "models", "train")
ELSEWHERE = {"data.root"}
"""what may move between two parts of a run"""


def config_of(experiment: Experiment, values: Mapping[str, object]) -> dict[str, object]:
    """The setting as it is run, after everything that the recipe and `--set` change."""
    setting = experiment.setting
    return {
        "recipe": experiment.recipe.source.path,
        "setting": setting.name,
        "set": {name: str(value) for name, value in values.items()},
        "data": setting.data.model_dump(exclude_none=True),
        "models": {
            name: spec.model_dump(mode="json", exclude_defaults=True)
            for name, spec in setting.models.items()
        },
        "train": experiment.protocol().model_dump(mode="json"),
    }


def facts_of(experiment: Experiment, about: Mapping[str, object]) -> dict[str, object]:
    """What a result is of."""
    return {
        "recipe": experiment.recipe.name,
        "setting": experiment.setting.name,
        **about,
        "memory_of": "device" if str(about["device"]).startswith("cuda") else "process",
        "versions": versions(),
    }


def compare(folder: RunDir, config: Mapping[str, object]) -> None:
    """See that a run goes on as what it began as.

    Raises:
        RecipeError: the folder holds a run with other values, or nobody can tell.
    """
    if folder.config.exists():
        began = _kept(folder)
        mistakes = list(_differences(folder, began, yaml.safe_load(_written(config))))
        if mistakes:
            raise RecipeError(*mistakes)


def _kept(folder: RunDir) -> Mapping[str, object]:
    """What the run began with."""
    try:
        kept = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        kept, reason = None, "it is no text"
    except yaml.YAMLError as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", None)
        kept, reason = None, "it is no YAML" + ("" if line is None else f" in line {line + 1}")
    else:
        reason = "it holds no names with values"
    if not isinstance(kept, Mapping):
        advice = "put it back as it was, or begin a run without `--resume`"
        path = str(folder.config)
        raise RecipeError(BrokenRunFile(path=path, reason=reason, advice=advice))
    return kept


def keep(folder: RunDir, config: Mapping[str, object], recipe: str) -> None:
    """Write them down, unless a run goes on that has done so."""
    if not folder.config.exists():
        circumstances = {"threads": torch.get_num_threads(), "versions": versions()}
        atomic.write_text(folder.recipe, recipe)
        atomic.write_text(folder.config, _written({**config, **circumstances}))


def _written(config: Mapping[str, object]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)


def versions() -> dict[str, str]:
    """What a run ran on, for an issue or a table."""
    found = {"kdgraph": __version__, "python": platform.python_version()}
    for package in ("torch", "torchvision"):
        found[package] = importlib.metadata.version(package)
    return found


def _differences(
    folder: RunDir, began: Mapping[str, object], now: Mapping[str, object]
) -> Iterator[Diagnostic]:
    one, other = _flat(began), _flat(now)
    for name in sorted({*one, *other} - ELSEWHERE):
        if name.split(".")[0] in COMPARED and one.get(name) != other.get(name):
            yield OtherRun(
                folder=str(folder.path),
                what=name,
                saved=str(one.get(name, "unset")),
                found=str(other.get(name, "unset")),
            )


def _flat(values: object, above: str = "") -> dict[str, object]:
    if not isinstance(values, Mapping):
        return {above: values}
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{above}.{name}" if above else str(name))
    return flat
