"""Weights that a setting asks to `train`: trained once, kept, and used again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor, nn

from kdgraph import __version__
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.resume import BrokenWeights
from kdgraph.train import atomic
from kdgraph.train.lock import locked
from kdgraph.train.stage import StageResult

FORMAT = 3
WEIGHTS, CARD = "weights.safetensors", "card.json"


class Card(BaseModel):
    """What is known of kept weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: dict[str, object]
    sha256: str
    last: float
    best: float
    seconds: float


@dataclass(frozen=True)
class Kept:
    """Weights from the cache: their accuracies, and whether they were trained just now."""

    last: float
    best: float
    seconds: float
    path: Path
    fresh: bool


def folder() -> Path:
    """Where weights are kept: `KDGRAPH_CACHE`, else what the platform uses for such things."""
    told = os.environ.get("KDGRAPH_CACHE")
    if told:
        return Path(told).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~\\AppData\\Local")).expanduser() / "kdgraph"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/kdgraph").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kdgraph"


def key(facts: Mapping[str, object]) -> str:
    """The name of weights: a hash of everything that determines them.

    Args:
        facts: model, data with a digest of their content, views, protocol, seed … as JSON can
            say it. The format of the cache and the versions of torch and kdgraph are added.
    """
    words = json.dumps(_all(facts), sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(words.encode()).hexdigest()


def trained(
    network: nn.Module,
    facts: Mapping[str, object],
    train: Callable[[nn.Module, Path], StageResult],
    *,
    about: Mapping[str, object],
    warn: Callable[[Diagnostic], None],
    waiting: Callable[[], None],
    cache: Path | None = None,
) -> Kept:
    """Give the network its trained weights: kept ones, or else train it now and keep them.

    Only one process trains the same weights; others wait and then use them. A training that
    was killed goes on from its checkpoint.

    Args:
        network: freshly built; it has the weights afterwards.
        facts: everything that determines them.
        train: trains the network, with checkpoints in the folder it is given.
        about: goes into the file of weights: what their pixels were normalised with, so that
            the file can be used by itself.
        warn: told of kept weights that cannot be used.
        waiting: called if another process is training these weights.
        cache: in place of `folder()`.
    """
    name = key(facts)
    shelf = (cache or folder()) / "weights"
    place = shelf / name
    with locked(shelf / f"{name}.lock", waiting):
        if place.exists():
            try:
                return _use(network, place)
            except ValueError as fault:
                warn(BrokenWeights(path=str(place), reason=str(fault)))
                shutil.rmtree(place)
        return _make(network, facts, train, about, place)


def _use(network: nn.Module, place: Path) -> Kept:
    """Load kept weights.

    Raises:
        ValueError: something is missing, changed or of another shape.
    """
    try:
        card = Card.model_validate(atomic.read_sealed(place / CARD))
    except ValidationError as fault:
        msg = f"`{CARD}`: {str(fault).splitlines()[0]}"
        raise ValueError(msg) from fault
    weights = atomic.read_tensors(place / WEIGHTS, card.sha256)
    _fit(network, weights)
    network.load_state_dict(weights)
    return Kept(card.last, card.best, card.seconds, place / WEIGHTS, fresh=False)


def _make(
    network: nn.Module,
    facts: Mapping[str, object],
    train: Callable[[nn.Module, Path], StageResult],
    about: Mapping[str, object],
    place: Path,
) -> Kept:
    workshop = place.with_suffix(".training")
    workshop.mkdir(parents=True, exist_ok=True)
    result = train(network, workshop)
    last, best = (one.measures.get("accuracy", 0.0) for one in (result.last, result.best))
    with atomic.new_folder(place) as draft:
        digest = atomic.write_tensors(draft / WEIGHTS, network.state_dict(), about)
        card = Card(facts=_all(facts), sha256=digest, last=last, best=best, seconds=result.seconds)
        atomic.write_sealed(draft / CARD, card.model_dump(mode="json"))
    shutil.rmtree(workshop, ignore_errors=True)
    return Kept(last, best, result.seconds, place / WEIGHTS, fresh=True)


def _all(facts: Mapping[str, object]) -> dict[str, object]:
    numbers = torch.__version__.split("+")[0].split(".")[:2]
    versions = {"torch": ".".join(numbers), "kdgraph": __version__}
    return {**facts, "format": FORMAT, **versions}


def _fit(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    wanted = {name: tuple(one.shape) for name, one in network.state_dict().items()}
    found = {name: tuple(one.shape) for name, one in weights.items()}
    if wanted != found:
        names = sorted(wanted.keys() | found.keys())
        name = next(one for one in names if wanted.get(one) != found.get(one))
        msg = f"`{name}` is {found.get(name, 'missing')}, not {wanted.get(name, 'there')}"
        raise ValueError(msg)
