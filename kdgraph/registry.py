"""Name to thing: the vocabulary, known without importing torch.

The words of kdgraph are read from the source text of its families; code is imported when
a step is lowered. A clash is an error, never an overwrite.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from kdgraph.primitive import Signature, from_ast

HERE = Path(__file__).resolve().parent
FAMILIES = {
    "losses": "primitive",
    "modules": "module",
    "memory": "memory",
    "draws": "draw",
    "compute": "compute",
    "views": "view",
}


class Registry:
    """The words of the language: those of the package, and those users add."""

    def __init__(self) -> None:
        self._added: dict[str, Signature] = {}

    @cached_property
    def _own(self) -> dict[str, Signature]:
        own: dict[str, Signature] = {}
        for family, kind in FAMILIES.items():
            for path in sorted((HERE / family).glob("*.py")):
                for made in listed(path, f"kdgraph.{family}.{path.stem}", kind):
                    if made.name in own:
                        other = own[made.name].origin
                        msg = f"{made.name!r} is defined in {other} and {made.origin}"
                        raise ValueError(msg)
                    own[made.name] = made
        return own

    def add(self, made: Signature) -> None:
        """Register a word.

        Raises:
            ValueError: the word is taken by other code.
        """
        known = self._own.get(made.name) or self._added.get(made.name)
        if known is None:
            self._added[made.name] = made
        elif known.origin != made.origin:
            msg = f"{made.name!r} is taken by {known.origin}; give {made.origin} another name"
            raise ValueError(msg)
        elif made.name in self._added:
            self._added[made.name] = made

    def get(self, name: str) -> Signature | None:
        """The signature of a word, if it is one."""
        return self._own.get(name) or self._added.get(name)

    @property
    def added(self) -> tuple[Signature, ...]:
        """The words that are not the package's own."""
        return tuple(self._added.values())

    def __iter__(self) -> Iterator[Signature]:
        """Every word, in the order of the alphabet."""
        everything = {**self._own, **self._added}
        return iter(everything[name] for name in sorted(everything))

    def code(self, name: str) -> Callable[..., Any]:
        """The function behind a word; imports torch."""
        made = self.get(name)
        assert made is not None, name
        if made.run is not None:
            return made.run
        module, _, function = made.origin.partition(":")
        found: Callable[..., Any] = getattr(import_module(module), function)
        return found


def listed(path: Path, module: str, kind: str) -> Iterator[Signature]:
    """The signatures that a source file declares, read without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(call, ast.Name) and call.id == kind:
                given = decorator.keywords if isinstance(decorator, ast.Call) else []
                flags = {str(one.arg): ast.literal_eval(one.value) for one in given}
                yield from_ast(node, kind, f"{module}:{node.name}", tuple(sorted(flags.items())))


REGISTRY = Registry()
