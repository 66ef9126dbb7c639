"""Options that other programs have, and how the same is said to kdgraph."""

from __future__ import annotations

from collections.abc import Sequence

from kdgraph.lang.errors.suggest import SHORT, nearest
from kdgraph.lang.protocol import Protocol

OTHER_NAMES = {
    "batch-size": "train.batch",
    "bs": "train.batch",
    "epoch": "train.epochs",
    "learning-rate": "train.lr",
    "wd": "train.weight_decay",
    "optim": "train.optimizer",
    "optimiser": "train.optimizer",
    "scheduler": "train.schedule",
    "lr-schedule": "train.schedule",
    "milestones": "train.drops",
    "lr-decay-epochs": "train.drops",
    "amp": "train.precision",
    "grad-clip": "train.clip",
    "accumulation-steps": "train.accumulate",
    "model": "models.student",
    "student": "models.student",
    "arch": "models.student",
    "net": "models.student",
    "teacher": "models.teacher",
    "teacher-weights": "models.teacher.weights",
    "teacher-path": "models.teacher.weights",
    "pretrained": "models.teacher.weights",
    "data-root": "data.root",
    "data-dir": "data.root",
    "data-path": "data.root",
    "root": "data.root",
}
"""names of the field for values of a setting"""
SETTINGS = frozenset({"dataset", "data", "setting", "config", "cfg"})
ELSEWHERE = {
    "out": "--output",
    "output": "--out",
    "output-dir": "--out",
    "save-dir": "--out",
    "log-dir": "--out",
    "gpu": "--device cuda",
    "gpus": "--devices",
    "num-gpus": "--devices",
    "gpu-id": "--device cuda:0",
    "cuda": "--device cuda",
    "cpu": "--device cpu",
    "trials": "--seeds",
    "runs": "--seeds",
    "silent": "--quiet",
    "form": "--as",
    "format": "--as",
}
"""options of kdgraph under the names that others give them"""


def advice(option: str, value: str, own: Sequence[str], command: str) -> str:
    """What to write instead of an option that a command does not have.

    >>> advice("--epochs", "3", ["--on", "--set"], "run")
    'write `--set train.epochs=3`'

    Args:
        option: as it was written.
        value: what followed it, if anything did.
        own: the options that the command has.
        command: its name.
    """
    name = option.lstrip("-")
    plain = name.replace("_", "-").lower()
    told = _told(plain, value, own)
    if told:
        return told
    near = nearest(plain, (one.lstrip("-") for one in own)) if len(plain) > 1 else None
    if near:
        return f"did you mean `--{near}`?"
    if "--set" in own:
        known = nearest(plain, _places()) if len(plain) > SHORT else None
        if known:
            return f"write `--set {_places()[known]}={value or '…'}`"
        if _is_number(value):
            return f"write `--set {name}={value}` where the recipe has a name `{name}`"
    return f"`kdgraph {command} --help` names the options"


def _told(plain: str, value: str, own: Sequence[str]) -> str:
    """The answer for a name that is known from elsewhere; empty for others."""
    if plain in _places() and "--set" in own:
        return f"write `--set {_places()[plain]}={value or '…'}`"
    if plain in SETTINGS and "--on" in own:
        return f"write `--on {value or 'SETTING'}`; `kdgraph list settings` names what there is"
    said = ELSEWHERE.get(plain, "")
    if said.split(" ")[0] in own:
        return f"write `{said}{'' if ' ' in said or not value else f' {value}'}`"
    return ""


def _places() -> dict[str, str]:
    """Where a value stands in a setting, by the option that it could be."""
    keys = {key.replace("_", "-"): f"train.{key}" for key in Protocol.model_fields}
    return keys | OTHER_NAMES


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("e-", "", 1).isdecimal()
