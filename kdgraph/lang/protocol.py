"""How a stage is trained: what `train:` may say, and the numbers it comes to."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import BadProtocolValue

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)] | str
Evaluate = Callable[[str, Mapping[str, float]], float]

_CONFIG = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Part(BaseModel):
    """Settings of one part: a model, a module, a learned scalar or a parameter."""

    model_config = _CONFIG

    lr: Number | None = None
    """learning rate of this part; the schedule moves it as it moves the others"""
    weight_decay: Number | None = None
    """weight decay of this part"""


class Protocol(BaseModel):
    """The `train:` section. Numbers may be expressions of `epochs`."""

    model_config = _CONFIG

    epochs: Number = 240
    """passes over the training set; in a stage, an expression of the setting's `epochs`"""
    batch: Annotated[int, Field(strict=True, ge=1)] = 64
    """examples of one step, over all ranks"""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """who turns gradients into updates"""
    lr: Number = 0.05
    """learning rate at its highest"""
    momentum: Number = 0.9
    """of `sgd`"""
    nesterov: bool = False
    """of `sgd`"""
    weight_decay: Number = 5e-4
    """on everything trained, batch norm, biases, modules and learned scalars included"""
    betas: tuple[float, float] = (0.9, 0.999)
    """of `adamw`"""
    schedule: Literal["steps", "cosine", "onecycle", "constant"] = "steps"
    """how the learning rate moves"""
    drops: tuple[Number, ...] = ("5/8", "3/4", "7/8")
    """epochs after which `steps` multiplies the learning rate by `factor`; below 1: a share"""
    factor: Number = 0.1
    """of `drops`"""
    warmup: Number = 0.0
    """epochs of linear rise from zero; below 1: a share; of `onecycle` the rising part (0: 0.3)"""
    drop_last: bool = False
    """leave out a last batch that is not full"""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """of the networks only; `auto` is bf16 on a GPU that has it"""
    clip: Number | None = None
    """greatest norm of the whole gradient"""
    groups: dict[str, Part] = Field(default_factory=dict)
    """settings of single parts, by name"""
    select: Literal["last", "best"] = "last"
    """which weights are kept: those of the last epoch or of the best one"""
    eval_batch: Annotated[int, Field(strict=True, ge=1)] = 512
    """examples of one step of an evaluation, on each rank"""
    accumulate: Annotated[int, Field(strict=True, ge=1)] = 1
    """parts that a batch is computed in, one after the other, to save memory"""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Learning rate and weight decay that one part asks for; `None` where it says nothing."""

    lr: float | None
    weight_decay: float | None


@dataclass(frozen=True, kw_only=True)
class Training:
    """A protocol in numbers. Durations are epochs, and drops are the last undecayed epochs."""

    epochs: int
    batch: int
    optimizer: Literal["sgd", "adamw"]
    lr: float
    momentum: float
    nesterov: bool
    weight_decay: float
    betas: tuple[float, float]
    schedule: Literal["steps", "cosine", "onecycle", "constant"]
    drops: tuple[float, ...]
    factor: float
    warmup: float
    drop_last: bool
    precision: Literal["auto", "float32", "bf16"]
    clip: float | None
    groups: tuple[tuple[str, Rates], ...]
    select: Literal["last", "best"]
    eval_batch: int
    accumulate: int


def layered(*protocols: Protocol) -> Protocol:
    """One protocol of several: what a later one sets wins, `groups` part by part.

    >>> layered(Protocol(lr=0.1, batch=8), Protocol(lr=0.2)).batch
    8
    """
    told: dict[str, object] = {}
    groups: dict[str, Part] = {}
    for protocol in protocols:
        told |= {name: getattr(protocol, name) for name in protocol.model_fields_set}
        groups |= protocol.groups
    return Protocol.model_validate(told | ({"groups": groups} if groups else {}))


def resolve(protocol: Protocol, evaluate: Evaluate, *, epochs: float | None = None) -> Training:
    """Work the expressions out.

    Args:
        protocol: the `train:` section, after precedence.
        evaluate: what an arithmetic expression comes to, its names given.
        epochs: what `epochs` means inside `protocol.epochs` itself: the setting's, in a stage.
    """
    whole = {} if epochs is None else {"epochs": epochs}
    length = _number("epochs", protocol.epochs, evaluate, whole)
    if length <= 0:
        _refuse("epochs", protocol.epochs, "above 0")
    count = max(1, round(length))
    known = {"epochs": float(count), "batch": float(protocol.batch)}

    def number(field: str, value: Number, *, positive: bool = False) -> float:
        found = _number(field, value, evaluate, known)
        if found < 0 or (positive and found == 0):
            _refuse(field, value, "above 0" if positive else "0 or more")
        return found

    def duration(field: str, value: Number) -> float:
        found = number(field, value)
        counts = found >= 1 or (isinstance(value, str) and re.search(r"\bepochs\b", value))
        return round(found if counts else found * count, 9)

    momentum = number("momentum", protocol.momentum)
    if momentum >= 1:
        _refuse("momentum", protocol.momentum, "below 1")
    if not all(0 <= beta < 1 for beta in protocol.betas):
        _refuse("betas", protocol.betas, "two numbers from 0 to below 1")
    if protocol.nesterov and momentum == 0:
        _refuse("nesterov", protocol.nesterov, "false where `train.momentum` is 0")
    parts = tuple(
        (
            name,
            Rates(
                lr=None if part.lr is None else number(f"groups.{name}.lr", part.lr),
                weight_decay=None
                if part.weight_decay is None
                else number(f"groups.{name}.weight_decay", part.weight_decay),
            ),
        )
        for name, part in protocol.groups.items()
    )
    return Training(
        epochs=count,
        batch=protocol.batch,
        optimizer=protocol.optimizer,
        lr=number("lr", protocol.lr),
        momentum=momentum,
        nesterov=protocol.nesterov,
        weight_decay=number("weight_decay", protocol.weight_decay),
        betas=protocol.betas,
        schedule=protocol.schedule,
        drops=tuple(sorted(duration("drops", one) for one in protocol.drops)),
        factor=number("factor", protocol.factor),
        warmup=duration("warmup", protocol.warmup),
        drop_last=protocol.drop_last,
        precision=protocol.precision,
        clip=None if protocol.clip is None else number("clip", protocol.clip, positive=True),
        groups=parts,
        select=protocol.select,
        eval_batch=protocol.eval_batch,
        accumulate=protocol.accumulate,
    )


def _number(field: str, value: Number, evaluate: Evaluate, names: Mapping[str, float]) -> float:
    found = evaluate(value, names) if isinstance(value, str) else float(value)
    if not math.isfinite(found):
        _refuse(field, value, "a finite number")
    return found


def _refuse(field: str, found: object, wanted: str) -> NoReturn:
    raise RecipeError(BadProtocolValue(field=field, found=str(found), wanted=wanted))
