"""A dot: a tap of a model, a step further into it, or a name inside a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.borrow import inner_name, view_called
from kdgraph.graph.calls import is_function
from kdgraph.graph.lookup import outside
from kdgraph.graph.scope import Scope
from kdgraph.graph.taps import field_of, first_tap
from kdgraph.graph.values import Inner, Model, Path, Unknown, Value
from kdgraph.graph.world import SIZES, SOURCES
from kdgraph.lang.errors.names import UnknownField, UnknownModel
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.syntax import Attribute, Call, Name, Syntax
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

PACKAGES = frozenset({"F", "nn", "torch", "np", "numpy", "math", "tf", "jnp"})
"""what stands before the dot in Python, and nowhere in a recipe"""


def attribute(build: Builder, tree: Attribute, scope: Scope) -> Value:
    """A tap of a model, a step further into it, or a name inside a recipe."""
    value = _base(build, tree.value, scope)
    match value:
        case Model():
            if value.view is None:
                view_called(build, "x", scope, tree.span)
            return first_tap(build, value, tree)
        case Path():
            return Path(value.model, f"{value.path}.{tree.name}", tree.span)
        case Inner():
            return inner_name(build, value, tree)
        case Unknown():
            return value
    field_ = field_of(build, value, tree)
    if field_ is not None:
        return field_
    build.note(
        UnknownField(
            span=tree.at,
            owner=write(tree.value),
            name=tree.name,
            advice="models and recipes have inner names; this is a value",
        )
    )
    return Unknown()


def _base(build: Builder, tree: Syntax, scope: Scope) -> Value:
    name = tree.callee if isinstance(tree, Call) else tree
    if not isinstance(name, Name) or _is_known(build, name.id, scope):
        return build.value(tree, scope)
    if isinstance(tree, Call) and is_function(build, name.id, scope):
        return build.value(tree, scope)
    advice = suggest(
        name.id, {*build.world.networks, *(scope.root.home.use if scope.root.home else ())}
    )
    known = ", ".join(f"`{one}`" for one in build.world.networks)
    if name.id in PACKAGES:
        advice = "functions stand alone, as in `cross_entropy(…)`: `kdgraph list words`"
    build.note(
        UnknownModel(span=name.span, name=name.id, advice=advice or f"the models are {known}")
    )
    return Unknown()


def _is_known(build: Builder, name: str, scope: Scope) -> bool:
    known = {*build.world.given, *build.world.views, *SOURCES, *SIZES}
    home = scope.root.home
    known |= home.views.keys() if home is not None else set()
    return name in known or scope.find(name) is not None or outside(build, name, scope) is not None
