"""A recipe's expressions to nodes: names are looked up, calls expanded, sorts inferred.

Building never stops at a mistake: what a mistake leaves open is unknown from there on, an
unknown is never refused, and so every mistake of a recipe is found in one reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kdgraph.graph.arithmetic import arithmetic
from kdgraph.graph.attributes import attribute
from kdgraph.graph.borrow import names_of, own_term
from kdgraph.graph.calls import call
from kdgraph.graph.frames import pointed, words_of
from kdgraph.graph.indices import index
from kdgraph.graph.lookup import named
from kdgraph.graph.loops import each
from kdgraph.graph.nodes import Nodes
from kdgraph.graph.scope import Scope
from kdgraph.graph.taps import tap
from kdgraph.graph.values import Inner, Maker, Many, Model, Path, Point, Unknown, Value, described
from kdgraph.lang.errors.names import NameClash, NotAValue
from kdgraph.lang.recipe import Function, Recipe
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import (
    Attribute,
    Call,
    Collection,
    Each,
    Index,
    Missing,
    Name,
    Number,
    Syntax,
)
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY

MOST_VALUES = 20_000


@dataclass(kw_only=True)
class Builder(Nodes):
    """Builds one graph, and keeps what it meets on the way."""

    recipe: Recipe
    library: dict[str, Function]
    opening: list[tuple[int, str]] = field(default_factory=list)
    direct: Syntax | None = None
    borrowed: dict[str, Scope] = field(default_factory=dict)
    expanding: list[Function] = field(default_factory=list)
    widths: dict[str, tuple[int | None, Span]] = field(default_factory=dict)
    built: dict[tuple[int, int], tuple[Value, Scope]] = field(default_factory=dict)
    values: int = 0

    def __post_init__(self) -> None:
        """Open the scope that the names of the recipe stand in."""
        known = self.world.networks
        entries = {
            name: one
            for name, one in self.recipe.where.items()
            if name not in known and "." not in name
        }
        self.top = Scope((), entries, home=self.recipe)
        self.plain = Scope()
        recipe = self.recipe
        for section in (recipe.views, recipe.modules, recipe.where, recipe.define):
            for name in section.keys() & known.keys():
                self.note(NameClash(span=section[name].key, name=name, what="a model"))
        for name in self.recipe.use.keys() & known.keys():
            self.note(NameClash(span=self.recipe.use_spans[name], name=name, what="a model"))

    def value(self, tree: Syntax, scope: Scope) -> Value:
        """What a piece of an expression stands for."""
        self.values += 1
        if self.values > MOST_VALUES:
            self.outgrown(f"the loss has more than {MOST_VALUES} pieces", tree.span)
        match tree:
            case Number():
                return Point(self.const(tree.value, tree.span))
            case Name():
                return named(self, tree, scope)
            case Attribute():
                return attribute(self, tree, scope)
            case Call():
                key = (id(tree), id(scope))
                if key not in self.built:
                    self.built[key] = (call(self, tree, scope), scope)
                return self.built[key][0]
            case Index():
                return index(self, tree, scope)
            case Collection():
                return Many(tuple(self.value(item, scope) for item in tree.items), "a list")
            case Each():
                return each(self, tree, scope)
            case Missing():
                return Unknown()
            case _:
                return Point(arithmetic(self, tree, scope))

    def point(self, tree: Syntax, scope: Scope) -> int:
        """The node that a piece of an expression stands for."""
        return self.node_of(self.value(tree, scope), tree)

    def node_of(self, value: Value, tree: Syntax) -> int:
        """The node behind a value; a path into a model becomes a tap."""
        match value:
            case Point():
                return self._no_record(value.number, tree)
            case Path():
                return tap(self, value, tree.span)
            case Unknown():
                return self.unknown(tree.span)
            case Inner():
                own = own_term(self, value, tree.span)
                if own is not None:
                    return self.node_of(own, tree)
        span = words_of(value, self.frames, tree.span)
        name = write(tree) if span is tree.span else span.text
        advice = f"pick one, as in `{name}[0]`, or run over it with `Σ`"
        if isinstance(value, Model):
            advice = f"take one of its values, such as `{name}.logits`"
        elif isinstance(value, Maker):
            advice = f"apply it to a value, as in `{name}(student.features)`"
        elif isinstance(value, Inner):
            advice = f"it has no term `{value.name}`: take {names_of(value)}"
        self.note(NotAValue(span=span, name=name, what=described(value), advice=advice))
        return self.unknown(tree.span)

    def _no_record(self, number: int, tree: Syntax) -> int:
        """A node, unless it is a record such as `delay(z=v)`, of which only fields are values."""
        op = self.graph.node(number).op
        word = REGISTRY.get(op.name)
        if word is None or not word.flag("record"):
            return number
        span = pointed(self.graph, number, self.frames, tree.span).span
        first = next((slot for slot, _ in self.graph.inputs(number)), "z")
        advice = f"take one of its fields, such as `{span.text}.{first}`"
        self.note(NotAValue(span=span, name=span.text, what="a record", advice=advice))
        return self.unknown(tree.span)
