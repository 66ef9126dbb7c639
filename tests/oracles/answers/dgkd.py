"""TAKD and DGKD: the student's stage of a chain, after two assistants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, answers, wave

CHAIN = {"teacher": (0.5, 0.3), "a1": (0.9, 0.2), "a2": (0.4, 0.8), "student": (0.7, 0.1)}
X, Y = torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 2])


def step_of(recipe: str, values: Mapping[str, object], *chain: str) -> Step:
    """The last stage of a recipe, on models that say what the oracle's do."""
    models = {name: Network(logits=wave((2, 3), *CHAIN[name], 2)) for name in CHAIN}
    if chain:  # of TAKD the student follows the teacher itself
        models["a2"] = Network(logits=wave((2, 3), *CHAIN[chain[0]], 2))
    return kdgraph.compile(recipe, models=models, sample=X, set=values)


@answers("takd.canonical", "takd.code")
def chained(key: str) -> Tensor:
    recipe = "takd-code" if key.endswith("code") else "takd"
    return step_of(recipe, {"λ": 0.6}, "teacher")(X, Y).total


@answers("dgkd.paper")
def dense(key: str) -> Tensor:
    del key
    return step_of("dgkd", {"λ": 0.6, "p": 1})(X, Y).total


@answers("dgkd.paper.drop_a")
def without_the_first_assistant(key: str) -> Tensor:
    del key
    step = step_of("dgkd", {"λ": 0.6})
    return next(step(X, Y).total for _ in steps(step) if coins(step) == [0, 1])


@answers("dgkd.code", "dgkd.code.default")
def released(key: str) -> Tensor:
    values = {"drop": 0} if key.endswith("default") else {"drop": 0, "λ": 0.6}
    return step_of("dgkd-code", values)(X, Y).total


def steps(step: Step) -> Iterator[int]:
    """Move the clock on, a step at a time."""
    for number in range(100):
        step.clock(epoch=1, epochs=1, step=number)
        yield number


def coins(step: Step) -> list[float]:
    """What this step tosses."""
    known: dict[str, Tensor | None] = {"x": X}
    step.draws.fill(known, 0)
    (tossed,) = (value for name, value in known.items() if name != "x")
    return tossed.tolist()
