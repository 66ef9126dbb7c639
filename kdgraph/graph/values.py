"""What a piece of an expression can stand for while the graph is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdgraph.lang.recipe import Entry
from kdgraph.lang.source import Span

if TYPE_CHECKING:
    from kdgraph.graph.scope import Scope


@dataclass(frozen=True)
class Model:
    """A model of the setting, applied to a view (the default one where that is None).

    Attributes:
        mean: the node of the memory that holds its weights, where they are an average.
    """

    name: str
    view: int | None = None
    mean: int | None = None


@dataclass(frozen=True)
class Path:
    """A place inside a model: `teacher.layer3[1]`."""

    model: Model
    path: str
    span: Span


@dataclass(frozen=True)
class Many:
    """A collection: list literals, `maps`, `teachers`, zips."""

    items: tuple[Value, ...]
    what: str = "a collection"


@dataclass(frozen=True)
class Maker:
    """A module of `modules:`, to be applied to an input.

    Attributes:
        home: where the other names of its expression are.
        place: its number among several.
    """

    name: str
    entry: Entry
    home: Scope
    place: int | None = None

    @property
    def full_name(self) -> str:
        """What its parameters are called by."""
        return self.name if self.place is None else f"{self.name}.{self.place}"


@dataclass(frozen=True)
class Point:
    """A value of the graph: a node."""

    number: int


@dataclass(frozen=True)
class Inner:
    """The names inside a recipe of `use`: `crd.s`.

    Attributes:
        name: what it is called from here, with the recipes on the way to it.
        scope: its own names.
    """

    name: str
    scope: Scope


@dataclass(frozen=True)
class Unknown:
    """Something that only the real networks can tell; never refused."""


Value = Model | Path | Many | Maker | Point | Inner | Unknown


def described(value: Value) -> str:
    """What a value is, for a message."""
    match value:
        case Model():
            return "a model"
        case Many():
            return "a collection"
        case Maker():
            return "a module"
        case Inner():
            return "a recipe"
        case _:
            return "a value"
