"""Mistakes of a model that starts from another one: KD667 and KD668."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class StartOfAnother(Diagnostic):
    """A model can start between its own weights and another's if both are one kind of network.

        models:
          teacher: {name: resnet20, weights: train}
          student: {name: resnet20, start: {from: teacher, share: 0.25}}

    Weights are averaged one by one, so both have the same, by name and by shape.
    """

    code: ClassVar[str] = "KD667"
    title: ClassVar[str] = "`{name}` can't start from `{source}`: they are not the same network"
    label: ClassVar[str] = "starts from `{source}`"
    help: ClassVar[str] = "give both the same network, as in `--set models.{name}={network}`"

    name: str
    source: str
    network: str = "resnet20"


@dataclass(frozen=True, kw_only=True)
class StartOfNobody(Diagnostic):
    """A model starts from another model of the setting, one that is there before it is trained."""

    code: ClassVar[str] = "KD668"
    title: ClassVar[str] = "`{name}` starts from `{source}`, which is no other model"
    label: ClassVar[str] = "starts from `{source}`"
    help: ClassVar[str] = "{advice}"

    name: str
    source: str
    advice: str
