"""Where a name is looked up: the recipe's `where`, the inside of a call, a loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from kdgraph.graph.values import Value
from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.syntax import Syntax


@dataclass
class Bound:
    """An argument of a call: its text and where that was written, read when it is needed."""

    tree: Syntax
    scope: Scope


@dataclass
class Scope:
    """Names with what they stand for; a name that is not here is asked of the parent.

    Attributes:
        path: the names on the way here; modules made here are called by it.
        entries: names with expressions, as in `where`.
        bound: names with arguments or values, as in a call or a loop.
        memo: what was built already: one name is one value.
        lent: names that the recipe around gives other values, `crd.K: 1024`, and where these
            are looked up.
        home: of an outermost scope: the recipe whose functions and modules are known in it;
            None inside the functions of the library.
    """

    path: tuple[str, ...] = ()
    entries: dict[str, Entry] = field(default_factory=dict)
    bound: dict[str, Bound | Value] = field(default_factory=dict)
    parent: Scope | None = None
    memo: dict[str, Value] = field(default_factory=dict)
    lent: dict[str, tuple[Entry, Scope]] = field(default_factory=dict)
    home: Recipe | None = None

    @property
    def root(self) -> Scope:
        """The outermost scope: the recipe's `where`, or that of a function of the library."""
        return self if self.parent is None else self.parent.root

    def function(self, name: str) -> Function | None:
        """The function of that name in the recipe that this scope belongs to."""
        home = self.root.home
        return home.define.get(name) if home else None

    def find(self, name: str) -> Scope | None:
        """The scope that knows a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound or name in scope.entries:
                return scope
            scope = scope.parent
        return None

    def inside(self, bound: dict[str, Bound | Value], *path: str) -> Scope:
        """A scope within this one."""
        return Scope((*self.path, *path), {}, bound, self)

    def names(self) -> set[str]:
        """Every name that is known here."""
        known = {*self.entries, *self.bound}
        return known | (self.parent.names() if self.parent else set())
