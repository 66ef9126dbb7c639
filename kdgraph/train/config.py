"""What decides a run, beside the run: kept when it begins, compared when it goes on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from functools import partial

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
DIGEST = "# sha256 of what is above: "
SPOILT = (ValueError, OverflowError, LookupError, AttributeError, TypeError, RecursionError)
"""what PyYAML raises, beside its own errors, for values that are none of their kind"""


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
        began, changed = _read(folder)
        mistakes = list(_differences(folder, began, yaml.safe_load(_written(config))))
        if mistakes or changed is not None:
            raise RecipeError(*(mistakes or [changed]))


def kept(folder: RunDir) -> Mapping[str, object]:
    """What the run began with.

    Raises:
        RecipeError: nobody can tell, since the file is broken or was changed.
    """
    began, changed = _read(folder)
    if changed is not None:
        raise RecipeError(changed)
    return began


def _read(folder: RunDir) -> tuple[Mapping[str, object], BrokenRunFile | None]:
    """What the file says, and what to say where that is not what was written."""
    advice = "put it back as it was, or begin a run without `--resume`"
    broken = partial(BrokenRunFile, path=str(folder.config), advice=advice)
    try:
        text = folder.config.read_text(encoding="utf-8")
        words = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise RecipeError(broken(reason="it is no text")) from None
    except yaml.YAMLError as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", None)
        reason = "it is no YAML" + ("" if line is None else f" in line {line + 1}")
        raise RecipeError(broken(reason=reason)) from None
    except SPOILT:
        raise RecipeError(broken(reason="it is no YAML that kdgraph has written")) from None
    if not isinstance(words, Mapping):
        raise RecipeError(broken(reason="it holds no names with values"))
    told, mark, digest = text.rpartition(DIGEST)
    if mark and digest.strip() != hashlib.sha256(told.encode()).hexdigest():
        return words, broken(reason="it does not have its recorded checksum")
    return words, None


def keep(folder: RunDir, config: Mapping[str, object], recipe: str) -> None:
    """Write them down, unless a run goes on that has done so."""
    if not folder.config.exists():
        circumstances = {"threads": torch.get_num_threads(), "versions": versions()}
        atomic.write_text(folder.recipe, recipe)
        words = _written({**config, **circumstances})
        digest = hashlib.sha256(words.encode()).hexdigest()
        atomic.write_text(folder.config, f"{words}{DIGEST}{digest}\n")


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
