"""The language read in the plainest way: each expression evaluated as it stands.

No graph, no passes, no sorts: what the compiler makes of a recipe must equal this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from kdgraph.files import library
from kdgraph.lang import syntax as tree
from kdgraph.lang.find import load_text
from kdgraph.lang.parse import expression
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Entry, Function
from kdgraph.lang.syntax import Syntax, canonical
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

LIBRARY = read_recipe(load_text(library())).define
CONSTANTS = {"true": True, "false": False, "none": None}
SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "@": lambda a, b: a @ b, "^": lambda a, b: a**b,
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "==": lambda a, b: a == b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b, "!=": lambda a, b: a != b,
}  # fmt: skip
SIZES: dict[str, Callable[[Tensor], int]] = {
    "rows": lambda v: v.shape[0], "channels": lambda v: v.shape[1],
    "width": lambda v: v.shape[-1], "columns": lambda v: v.shape[1],
    "height": lambda v: v.shape[-2],
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What names stand for: values, and expressions that are evaluated when asked for."""

    values: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Entry] = field(default_factory=dict)
    parts: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def of(self, node: Syntax) -> Any:
        """The value of an expression."""
        match node:
            case tree.Number():
                return int(node.value) if node.value.is_integer() else node.value
            case tree.Name(id=name):
                return self.named(name)
            case tree.Binary() | tree.Compare():
                return SIGNS[node.op](*_by_rows(self.of(node.left), self.of(node.right)))
            case tree.Negative():
                return -self.of(node.value)
            case tree.Transpose():
                return self.of(node.value).mT
            case tree.Call(callee=tree.Name(id=name)):
                given = [self.of(one) for one in node.arguments]
                named = {one.name: self.of_knob(one.value) for one in node.keywords}
                return self.call(name, given, named)
        msg = f"the plain reading knows no {type(node).__name__}"
        raise NotImplementedError(msg)

    def named(self, name: str) -> Any:
        """What a name stands for."""
        if name in self.where and name not in self.values:
            return self.of(self.where[name].tree)
        return {**CONSTANTS, **self.values}[name]

    def of_knob(self, node: Syntax) -> Any:
        """The value of a keyword: a choice such as `none` stands for itself."""
        choice = isinstance(node, tree.Name) and node.id not in {*self.values, *self.where}
        return node.id if choice and node.id not in {"true", "false"} else self.of(node)

    def call(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        """A word, a part, a size or a function of the library, applied."""
        if name in self.parts:
            return self.parts[name](*given, **named)
        if name in SIZES:
            return SIZES[name](*given)
        word = REGISTRY.get(name)
        if word is not None:
            return _applied(word, given, named)
        return self.expanded(LIBRARY[name], given, named)

    def expanded(self, function: Function, given: list[Any], named: dict[str, Any]) -> Any:
        """A function of the library, its slots filled."""
        slots = [one.name for one in function.slots]
        values = {"epoch": self.values.get("epoch"), "epochs": self.values.get("epochs")}
        values |= dict(zip(slots, given, strict=False))
        values |= {canonical(key): value for key, value in named.items()}
        for slot in function.slots:
            if slot.name not in values and slot.default is not None:
                values[slot.name] = Scope(values).of(slot.default)
        return Scope(values, function.where, self.parts).of(function.value)


def _by_rows(a: Any, b: Any) -> tuple[Any, Any]:
    """One number for each row meets a value of more axes row by row."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.ndim != b.ndim:
        if a.ndim == 1 and len(a) == len(b):
            a = a.reshape(-1, *[1] * (b.ndim - 1))
        elif b.ndim == 1 and len(a) == len(b):
            b = b.reshape(-1, *[1] * (a.ndim - 1))
    return a, b


def _applied(word: Signature, given: list[Any], named: dict[str, Any]) -> Any:
    code = REGISTRY.code(word.name)
    if word.kind != "module":
        return code(*given, **named)
    first, *knobs = given
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return code(tuple(first.shape), *knobs, **named).to(first.dtype)(first)


def reading(text: str, parts: Mapping[str, Callable[..., Any]] | None = None, **values: Any) -> Any:
    """The value of an expression, its names given; `parts` replaces words such as `conv`."""
    known = {canonical(name): value for name, value in values.items()}
    return Scope(known, {}, parts or {}).of(expression(text))
