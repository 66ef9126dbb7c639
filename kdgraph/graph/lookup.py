"""Names: what one stands for, and the scope that builds its value once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.borrow import lender, view_called
from kdgraph.graph.early import COMPUTED
from kdgraph.graph.graph import Axis, Op
from kdgraph.graph.network import ALIASES
from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.values import Maker, Many, Model, Point, Unknown, Value
from kdgraph.graph.world import SIZES, SOURCES, Computed
from kdgraph.lang.errors.graph import Cycle
from kdgraph.lang.errors.names import UnknownName
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Entry
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Name

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

MEANT = {
    **dict.fromkeys(("label", "labels", "target", "targets", "truth"), "y"),
    **dict.fromkeys(("image", "images", "input", "inputs"), "x"),
    **dict.fromkeys(("index", "indices", "idx"), "i"),
}
"""what other libraries call the sources"""


def named(build: Builder, tree: Name, scope: Scope) -> Value:
    """What a name stands for: the nearest scope, then sources, models and sizes."""
    owner = scope.find(tree.id)
    if owner is not None:
        return opened(build, tree.id, owner, tree.span)
    name = tree.id
    if name in build.world.given:
        return Point(build.given(name, tree.span))
    view = view_called(build, name, scope, tree.span)
    if view is not None:
        return Point(build.view(view, tree.span))
    if name in SOURCES or name in SIZES:
        return Point(build.source(name, tree.span))
    found = outside(build, name, scope) or _table(build, name, tree.span)
    if found is not None:
        return found
    build.note(UnknownName(span=tree.span, name=name, advice=_near(build, name, scope)))
    return Unknown()


def outside(build: Builder, name: str, scope: Scope) -> Value | None:
    """Models, collections of models, modules and recipes in `use`."""
    home = scope.root.home
    if name in build.world.networks:
        return Model(name)
    if name == "teachers":
        return Many(tuple(Model(one) for one in build.world.teachers), "the teachers")
    if name == "chain":
        known = build.world.networks
        return Many(tuple(Model(one) for one in build.world.chain if one in known), "the chain")
    if home is not None and name in home.modules:
        build.used.add(name)
        return Maker(".".join([*scope.root.path, name]), home.modules[name], scope.root)
    if home is not None and name in home.use:
        return lender(build, scope.root, name, home.source_span)
    return None


def _table(build: Builder, name: str, span: Span) -> Value | None:
    """A table that a stage computes; one of a later stage is told when all is read."""
    if not any(one.name == name and one.compute is not None for one in build.recipe.stages):
        return None
    known = build.world.computed.get(name, Computed())
    axes = None if known.axes is None else tuple(map(Axis, known.axes))
    return Point(build.leaf(Op(COMPUTED, (("name", name),)), known.sort, axes, span))


def opened(build: Builder, name: str, owner: Scope, span: Span) -> Value:
    """The value of a name in the scope that knows it: built once."""
    if name in owner.memo:
        return owner.memo[name]
    if owner.home is not None:
        full = ".".join([*owner.path, name])
        build.used.add(full)
        if full in build.world.given:
            owner.memo[name] = Point(build.given(full, span))
            return owner.memo[name]
    bound = owner.bound.get(name)
    if bound is not None and not isinstance(bound, Bound):
        return bound
    key = (id(owner), name)
    if key in build.opening:
        circle = [one for _, one in build.opening[build.opening.index(key) :]]
        path = " → ".join(f"`{one}`" for one in [*circle, name])
        build.note(Cycle(span=span, name=name, path=path))
        return Unknown()
    build.opening.append(key)
    if isinstance(bound, Bound):
        value = build.value(bound.tree, bound.scope)
    else:
        entry, scope = owner.lent.get(name, (owner.entries[name], owner))
        value = _entry(build, entry, owner, scope)
    build.opening.pop()
    owner.memo[name] = value
    return value


def _entry(build: Builder, entry: Entry, owner: Scope, scope: Scope) -> Value:
    name = entry.name.rpartition(".")[2]
    labels, build.labels = build.labels, [*owner.path, name]
    build.direct = entry.tree
    value = build.value(entry.tree, scope)
    if isinstance(value, Point) and owner is build.top:
        _christen(build, value.number, entry)
    build.labels = labels
    return value


def _christen(build: Builder, number: int, entry: Entry) -> None:
    node = build.graph.node(number)
    if not node.name and node.op.name not in {"input", "tap", "const"}:
        build.graph.amend(number, name=entry.name)


def _near(build: Builder, name: str, scope: Scope) -> str:
    """What to do about a name that nothing defines."""
    known = {
        *scope.names(), *build.world.networks, *build.world.views, *SOURCES, *SIZES,
        *build.recipe.modules,
        *(one.name for one in build.recipe.stages if one.compute is not None),
    }  # fmt: skip
    if name in ALIASES:
        return f"say of which model: `student.{name}`"
    if name in MEANT:
        return f"write `{MEANT[name]}`"
    for one in scope.root.home.use.values() if scope.root.home else ():
        if one.name.startswith(f"{name}-"):
            return f"the recipe `{one.name}` is called `{one.called}` here: `-` is a minus"
    return suggest(name, known) or f"define it in `where`, as in `{name}: 0.5`"
