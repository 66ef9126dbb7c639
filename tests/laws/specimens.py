"""Inputs drawn from nothing but a signature: what a law feeds to a word.

A specimen is one way to call a word: every choice of its knobs, its optional edges filled or
not, and `...` standing for few axes or for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from kdgraph.primitive import Parameter, Signature
from kdgraph.registry import REGISTRY

SIZES = {
    "b": 3, "n": 4, "s": 4, "m": 6, "k": 5, "d": 3, "c": 2, "g": 2, "h": 5, "w": 6, "p": 3, "q": 2,
}  # fmt: skip
COUNT = 5
TRIED = {"Count": COUNT, "Several": COUNT, "Share": 0.5, "Natural": 0, "str": "student"}
KINDS = ("primitive", "module")
Axes = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Specimen:
    """One way to call a word.

    Attributes:
        dots: what `...` stands for in the patterns of its signature.
        knobs: the value of every knob, the defaults too.
        filled: the edges that are given.
    """

    word: Signature
    dots: tuple[str, ...]
    knobs: tuple[tuple[str, Any], ...]
    filled: tuple[Parameter, ...]

    def __str__(self) -> str:
        """The word with what is special about this call."""
        defaults = {one.name: one.default for one in self.word.parameters}
        chosen = [f"{k}={v}" for k, v in self.knobs if v != defaults[k] and isinstance(v, str)]
        masked = [one.name for one in self.filled if not one.is_required and not one.many]
        return "-".join([self.word.name, *chosen, *masked, "".join(self.dots)]).rstrip("-")

    def knob(self, name: str) -> Any:
        """The value of a knob."""
        return dict(self.knobs).get(name)

    def axes(self, pattern: str) -> Axes:
        """The axes that a pattern stands for in this call, with their sizes."""
        found: list[tuple[str, int]] = []
        for name in pattern.split():
            if name == "...":
                found += [(one, SIZES[one]) for one in self.dots]
            elif name.isdigit():
                found.append((name, int(name)))
            else:
                known = int(name) if name.isdigit() else self.knob(name)
                found.append((name, known if known is not None else SIZES[name]))
        return tuple(found)

    def edges(self, seed: int = 0) -> list[Tensor]:
        """Values for the edges, in double precision; the same seed draws the same."""
        dice = torch.Generator().manual_seed(seed)
        drawn = []
        for one in self.filled:
            shape = [size for _, size in self.axes(one.axes)]
            many = 2 if one.many else 1
            drawn += [_drawn(one.sort, shape, dice, self.word.flag("domain")) for _ in range(many)]
        return drawn

    def patterns(self) -> list[str]:
        """The axis pattern of each of the `edges`."""
        return [one.axes for one in self.filled for _ in range(2 if one.many else 1)]

    def function(self) -> Callable[..., Tensor]:
        """The word as a function of its edges alone; a module is made for these edges."""
        code = REGISTRY.code(self.word.name)
        first = self.filled[0]
        loose = {k: v for k, v in self.knobs if not self._parameter(k).many}
        many = tuple(v for k, values in self.knobs if self._parameter(k).many for v in values)
        if self.word.flag("each"):
            loose["rest"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 4))
        if self.word.kind == "module":
            with torch.random.fork_rng():
                torch.manual_seed(0)
                shape = tuple(size for _, size in self.axes(first.axes))
                made: nn.Module = code(shape, *many, **loose)
            return made.double()
        if first.many:
            return lambda *edges: code(*edges, **loose)
        names = [one.name for one in self.filled]
        return lambda *edges: code(**dict(zip(names, edges, strict=True)), **loose)

    def _parameter(self, name: str) -> Parameter:
        found = self.word.parameter(name)
        assert found is not None
        return found


def _drawn(sort: str, shape: list[int], dice: torch.Generator, domain: object) -> Tensor:
    noise = torch.randn(shape, generator=dice, dtype=torch.float64)
    match sort:
        case "Labels":
            return torch.randint(0, COUNT, shape, generator=dice)
        case "Mask":
            return noise > 0
        case "Distribution":
            return noise.softmax(dim=-1)
        case "LogDistribution":
            return noise.log_softmax(dim=-1)
    return noise.abs() + 0.1 if domain == "positive" else noise


@cache
def specimens() -> tuple[Specimen, ...]:
    """Every way to call every primitive and module."""
    return tuple(one for word in REGISTRY if word.kind in KINDS for one in _ways(word))


def _ways(word: Signature) -> Iterator[Specimen]:
    edges = [one for one in word.parameters if one.is_edge]
    must = tuple(one for one in edges if one.is_required or one.many)
    knobs = [
        [(one.name, value) for value in _values(one)] for one in word.parameters if not one.is_edge
    ]
    fillings = [must] if len(must) == len(edges) else [must, tuple(edges)]
    for filled, chosen, dots in product(fillings, product(*knobs), _dots(word)):
        yield Specimen(word, dots, chosen, filled)


def _values(one: Parameter) -> list[Any]:
    """Values to try for a knob: every choice of a few, else the default or a small count."""
    if one.many:
        return [(COUNT, 4)]
    if one.knob.startswith("Literal["):
        return [text.strip(' "') for text in one.knob[len("Literal[") : -1].split(",")]
    if one.is_required:
        assert one.knob in TRIED, f"no value to try for a knob of type {one.knob}"
        return [TRIED[one.knob]]
    return [one.default]


def _dots(word: Signature) -> list[tuple[str, ...]]:
    """What `...` may stand for: the batch and more, or what comes after it."""
    patterns = [one.axes.split() for one in word.parameters if one.is_edge]
    if not any("..." in one for one in patterns):
        return [()]
    if not any(one[:1] == ["..."] for one in patterns):
        return [(), ("h", "w")]
    over = word.parameter("over")
    works_on_last = over is not None and over.default == -1
    return [("b", "g"), ("b", "g", "h")] if works_on_last else [("b",), ("b", "g")]
