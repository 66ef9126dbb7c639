"""Optimiser and learning rate; the rate is a pure function of where training stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors import suggest
from kdgraph.lang.errors.run import UnknownPart
from kdgraph.lang.protocol import Training


@dataclass(frozen=True)
class Trained:
    """A parameter that a stage trains, with the part it belongs to."""

    part: str
    name: str
    parameter: nn.Parameter

    @property
    def path(self) -> str:
        """Its name among all that is trained."""
        return f"{self.part}/{self.name}"


def rate(training: Training, epoch: int, batch: int, batches: int) -> float:
    """The learning rate of a step, as a share of the highest.

    Stateless, so that a resumed run needs nothing but its place.

    Args:
        training: the protocol in numbers.
        epoch: counted from 1.
        batch: the step within the epoch, counted from 0.
        batches: steps of this epoch.
    """
    done = epoch - 1 + batch / batches
    if training.schedule == "onecycle":
        return _onecycle(training, done, 1 / batches)
    warm = training.warmup
    if done < warm:
        return min(1.0, (done + 1 / batches) / warm) * _dropped(training, epoch)
    if training.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (done - warm) / (training.epochs - warm)))
    return _dropped(training, epoch)


def _dropped(training: Training, epoch: int) -> float:
    """After a drop in epoch 150 the 151st is the first at the lower rate.

    One that falls within an epoch begins with the next: a run of a single epoch has none.
    """
    if training.schedule != "steps":
        return 1.0
    return training.factor ** sum(epoch - 1 >= milestone for milestone in training.drops)


def _onecycle(training: Training, done: float, step: float) -> float:
    """Up from 1/25 of the highest, then down to 1/250 000, both as half a cosine."""
    low, end = 1 / 25, 1 / 250_000
    top = (training.warmup or 0.3 * training.epochs) - step
    if done <= top and top > 0:
        return _between(low, 1.0, done / top)
    return _between(1.0, end, (done - top) / (training.epochs - step - top))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def build(training: Training, trained: Sequence[Trained]) -> Optimizer:
    """The optimiser, fused, with parameters grouped by what they ask for.

    Its state exists from the beginning (zeros, which are neutral), so that a step which is
    masked because a loss was not finite leaves nothing half made.
    """
    refuse_unknown(training, trained)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for one in trained:
        groups.setdefault(_rates(training, one), []).append(one.parameter)
    settings = [
        {"params": members, "lr": lr, "top_lr": lr, "weight_decay": decay}
        for (lr, decay), members in groups.items()
    ]
    optimizer: Optimizer
    if training.optimizer == "sgd":
        optimizer = SGD(
            settings, lr=training.lr, momentum=training.momentum,
            nesterov=training.nesterov, fused=True,
        )  # fmt: skip
    else:
        optimizer = AdamW(settings, lr=training.lr, betas=training.betas, fused=True)
    for one in trained:
        optimizer.state[one.parameter] = _neutral(training, one.parameter)
    return optimizer


def set_rate(optimizer: Optimizer, share: float) -> None:
    """Set every group's learning rate to a share of its highest."""
    for group in optimizer.param_groups:
        group["lr"] = group["top_lr"] * share


def mask(optimizer: Optimizer, finite: Tensor) -> None:
    """Let the next update happen only where `finite` is true, decided on the device.

    Fused optimisers skip a step, momentum and counters included, whose `found_inf` is set:
    the way that loss scaling uses.
    """
    optimizer.found_inf = (~finite).to(torch.float32)  # type: ignore[attr-defined]  # as GradScaler


def state(optimizer: Optimizer, trained: Sequence[Trained]) -> dict[str, Tensor]:
    """What the optimiser remembers, by name."""
    return {
        f"{one.path}/{key}": value
        for one in trained
        for key, value in optimizer.state[one.parameter].items()
    }


def restore(optimizer: Optimizer, trained: Sequence[Trained], saved: Mapping[str, Tensor]) -> None:
    """Put back what `state` gave, each tensor in the layout of its parameter."""
    with torch.no_grad():
        for name, value in state(optimizer, trained).items():
            value.copy_(saved[name])


def _neutral(training: Training, parameter: nn.Parameter) -> dict[str, Tensor]:
    if training.optimizer == "adamw":
        return {
            "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
            "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
        }
    if training.momentum == 0:
        return {}
    zeros = torch.zeros_like(parameter, memory_format=torch.preserve_format)
    return {"momentum_buffer": zeros}


def _rates(training: Training, one: Trained) -> tuple[float, float]:
    """What this parameter asks for; where several keys fit, the narrowest wins."""
    lr, decay = training.lr, training.weight_decay
    fits = [(key, rates) for key, rates in training.groups if key in keys(one)]
    for _, rates in sorted(fits, key=lambda fit: keys(one).index(fit[0])):
        lr = lr if rates.lr is None else rates.lr
        decay = decay if rates.weight_decay is None else rates.weight_decay
    return lr, decay


def keys(one: Trained) -> list[str]:
    """The keys of `train.groups` that mean this parameter, from wide to narrow."""
    pieces = one.name.split(".")
    inner = [".".join(pieces[: end + 1]) for end in range(len(pieces))]
    vector = ["vectors"] if one.parameter.ndim <= 1 else []
    return [one.part, *vector, *inner, *(f"{one.part}.{name}" for name in inner)]


def refuse_unknown(training: Training, trained: Sequence[Trained]) -> None:
    """Refuse settings for parts that are not among the trained ones."""
    known = {key for one in trained for key in keys(one)} | {"vectors"}
    parts = sorted({one.part for one in trained})
    unknown = [
        UnknownPart(
            part=key,
            hint=f"{hint} " if (hint := suggest(key, sorted(known))) else "",
            trained=", ".join(f"`{part}`" for part in parts),
        )
        for key, _ in training.groups
        if key not in known
    ]
    if unknown:
        raise RecipeError(*unknown)
