"""A recipe's expressions to nodes: names are looked up, calls expanded, sorts inferred.

Building never stops at a mistake: what a mistake leaves open is unknown from there on, an
unknown is never refused, and so every mistake of a recipe is found in one reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from kdgraph.graph.calls import call, is_function
from kdgraph.graph.constant import TooLargeError, constant
from kdgraph.graph.frames import Argument, Frame, pointed
from kdgraph.graph.graph import Axes, Axis, LossGraph, Node, Op
from kdgraph.graph.infer import (
    Inferred,
    infer_arithmetic,
    infer_product,
    infer_transpose,
)
from kdgraph.graph.loops import each, index
from kdgraph.graph.network import ALIASES
from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.taps import borrowed, field_of, first_tap, inner_name, tap
from kdgraph.graph.values import Inner, Maker, Many, Model, Path, Point, Unknown, Value, described
from kdgraph.graph.wording import sign_of, told
from kdgraph.graph.world import CLOCK, SIZES, SOURCES, World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.graph import Cycle, TooLarge
from kdgraph.lang.errors.names import (
    NameClash,
    NotAValue,
    UnknownField,
    UnknownModel,
    UnknownName,
)
from kdgraph.lang.errors.sorts import DividesByZero, Swapped
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Each,
    Index,
    Missing,
    Name,
    Negative,
    Number,
    Slice,
    Syntax,
    Transpose,
)
from kdgraph.lang.write import write

STOPS = frozenset(
    {
        "detach", "input", "const", "clock", "sign", "lt", "le", "gt", "ge", "eq", "ne", "argmax",
        "onehot",
    }
)  # fmt: skip
"""what no gradient comes through"""
MOST_NODES = 5_000
MOST_VALUES = 20_000
OPS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"}
COMPARES = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
MEANT = {
    **dict.fromkeys(("label", "labels", "target", "targets", "truth"), "y"),
    **dict.fromkeys(("image", "images", "input", "inputs"), "x"),
    **dict.fromkeys(("index", "indices", "idx"), "i"),
}
"""what other libraries call the sources"""
TARGETS = {"kl": ("target", "guess"), "kl_log": ("target", "guess")}


class TooManyNodesError(Exception):
    """The graph outgrew `MOST_NODES`, or what it is read from `MOST_VALUES`; building stops."""


@dataclass
class Builder:
    """Builds one graph, and keeps what it meets on the way.

    Attributes:
        used: names of the recipe that were needed.
        frames: the calls that are being expanded, outermost first.
        labels: the names on the way to here; a module made here is called by them.
        parts: modules and learned scalars by full name, with their nodes.
    """

    recipe: Recipe
    library: dict[str, Function]
    world: World
    graph: LossGraph = field(default_factory=LossGraph)
    mistakes: dict[tuple[object, ...], Diagnostic] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    frames: list[Frame] = field(default_factory=list)
    opening: list[tuple[int, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)
    single: dict[tuple[object, ...], int] = field(default_factory=dict)
    direct: Syntax | None = None
    borrowed: dict[str, Scope] = field(default_factory=dict)
    expanding: list[Function] = field(default_factory=list)
    widths: dict[str, tuple[int | None, Span]] = field(default_factory=dict)
    built: dict[tuple[int, int], tuple[Value, Scope]] = field(default_factory=dict)
    values: int = 0

    def __post_init__(self) -> None:
        """Open the scope that the names of the recipe stand in."""
        known = self.world.networks
        entries = {name: one for name, one in self.recipe.where.items() if name not in known}
        self.top = Scope((), entries, home=self.recipe)
        self.plain = Scope()
        for section in (self.recipe.views, self.recipe.modules, self.recipe.where):
            for name in section.keys() & known.keys():
                self.note(NameClash(span=section[name].key, name=name, what="a model"))

    # -- values ---------------------------------------------------------------------

    def value(self, tree: Syntax, scope: Scope) -> Value:
        """What a piece of an expression stands for."""
        self.values += 1
        if self.values > MOST_VALUES:
            self.outgrown(f"the loss has more than {MOST_VALUES} pieces", tree.span)
        match tree:
            case Number():
                return Point(self.const(tree.value, tree.span))
            case Name():
                return self.named(tree, scope)
            case Attribute():
                return self.attribute(tree, scope)
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
                return Point(self.arithmetic(tree, scope))

    def point(self, tree: Syntax, scope: Scope) -> int:
        """The node that a piece of an expression stands for."""
        return self.node_of(self.value(tree, scope), tree)

    def node_of(self, value: Value, tree: Syntax) -> int:
        """The node behind a value; a path into a model becomes a tap."""
        match value:
            case Point():
                return value.number
            case Path():
                return tap(self, value, tree.span)
            case Unknown():
                return self.unknown(tree.span)
            case Inner(name=name) if name in self.recipe.use[name].where:
                return self.node_of(self.opened(name, borrowed(self, name), tree.span), tree)
        advice = f"pick one, as in `{write(tree)}[0]`, or run over it with `Σ`"
        if isinstance(value, Model):
            advice = f"take one of its values, such as `{write(tree)}.logits`"
        elif isinstance(value, Maker):
            advice = f"apply it to a value, as in `{write(tree)}(student.features)`"
        elif isinstance(value, Inner):
            advice = f"take one of its names, as in `{write(tree)}.s`"
        self.note(NotAValue(span=tree.span, name=write(tree), what=described(value), advice=advice))
        return self.unknown(tree.span)

    def named(self, tree: Name, scope: Scope) -> Value:
        """What a name stands for: the nearest scope, then sources, models and sizes."""
        owner = scope.find(tree.id)
        if owner is not None:
            return self.opened(tree.id, owner, tree.span)
        name = tree.id
        if name in self.world.given:
            return Point(self.given(name, tree.span))
        if name in self.world.views:
            return Point(self.view(name, tree.span))
        if name in SOURCES or name in SIZES:
            return Point(self.source(name, tree.span))
        found = self.outside(name, scope)
        if found is not None:
            return found
        self.note(UnknownName(span=tree.span, name=name, advice=self.near(name, scope)))
        return Unknown()

    def outside(self, name: str, scope: Scope) -> Value | None:
        """Models, collections of models, modules and recipes in `use`."""
        home = scope.root.home
        if name in self.world.networks:
            return Model(name)
        if name == "teachers":
            return Many(tuple(Model(one) for one in self.world.teachers), "the teachers")
        if name == "chain":
            known = self.world.networks
            return Many(tuple(Model(one) for one in self.world.chain if one in known), "the chain")
        if home is not None and name in home.modules:
            self.used.add(name)
            return Maker(".".join([*scope.root.path, name]), home.modules[name])
        if name in self.recipe.use:
            return Inner(name)
        if any(one.name == name and one.compute is not None for one in self.recipe.stages):
            op = Op("computed", (("name", name),), reads=(name,))
            return Point(self.leaf(op, "Table", None, self.recipe.source_span))
        return None

    def opened(self, name: str, owner: Scope, span: Span) -> Value:
        """The value of a name in the scope that knows it: built once."""
        if name in owner.memo:
            return owner.memo[name]
        if owner is self.top:
            self.used.add(name)
        if owner is self.top and name in self.world.given:
            owner.memo[name] = Point(self.given(name, span))
            return owner.memo[name]
        bound = owner.bound.get(name)
        if bound is not None and not isinstance(bound, Bound):
            return bound
        key = (id(owner), name)
        if key in self.opening:
            circle = [one for _, one in self.opening[self.opening.index(key) :]]
            path = " → ".join(f"`{one}`" for one in [*circle, name])
            self.note(Cycle(span=span, name=name, path=path))
            return Unknown()
        self.opening.append(key)
        if isinstance(bound, Bound):
            value = self.value(bound.tree, bound.scope)
        else:
            value = self._entry(owner.entries[name], owner)
        self.opening.pop()
        owner.memo[name] = value
        return value

    def _entry(self, entry: Entry, owner: Scope) -> Value:
        labels, self.labels = self.labels, [*owner.path, entry.name]
        self.direct = entry.tree
        value = self.value(entry.tree, owner)
        if isinstance(value, Point) and owner is self.top:
            self._christen(value.number, entry)
        self.labels = labels
        return value

    def _christen(self, number: int, entry: Entry) -> None:
        node = self.graph.node(number)
        if not node.name and node.op.name not in {"input", "tap", "const"}:
            self.graph.amend(number, name=entry.name)

    def attribute(self, tree: Attribute, scope: Scope) -> Value:
        """A tap of a model, a step further into it, or a name inside a recipe."""
        value = self._base(tree.value, scope)
        match value:
            case Model():
                return first_tap(self, value, tree)
            case Path():
                return Path(value.model, f"{value.path}.{tree.name}", tree.span)
            case Inner():
                return inner_name(self, value, tree)
            case Unknown():
                return value
        field_ = field_of(self, value, tree)
        if field_ is not None:
            return field_
        self.note(
            UnknownField(
                span=tree.at,
                owner=write(tree.value),
                name=tree.name,
                advice="models and recipes have inner names; this is a value",
            )
        )
        return Unknown()

    def _base(self, tree: Syntax, scope: Scope) -> Value:
        name = tree.callee if isinstance(tree, Call) else tree
        if not isinstance(name, Name) or self._is_known(name.id, scope):
            return self.value(tree, scope)
        if isinstance(tree, Call) and is_function(self, name.id, scope):
            return self.value(tree, scope)
        advice = suggest(name.id, {*self.world.networks, *self.recipe.use})
        known = ", ".join(f"`{one}`" for one in self.world.networks)
        self.note(
            UnknownModel(span=name.span, name=name.id, advice=advice or f"the models are {known}")
        )
        return Unknown()

    def _is_known(self, name: str, scope: Scope) -> bool:
        known = {*self.world.given, *self.world.views, *SOURCES, *SIZES}
        return (
            name in known or scope.find(name) is not None or self.outside(name, scope) is not None
        )

    # -- nodes ----------------------------------------------------------------------

    def add(self, op: Op, inputs: tuple[tuple[str, int], ...], found: Inferred, span: Span) -> int:
        """Add a node, with what was inferred about it."""
        if self.graph.next >= MOST_NODES:
            self.outgrown(f"the loss has more than {MOST_NODES} nodes", span)
        calls = tuple((frame.function, frame.span) for frame in self.frames)
        trained = self._trained(op, inputs)
        node = Node(op, found.sort, found.axes, "", trained, span, calls)
        return self.graph.add(node, inputs)

    def outgrown(self, what: str, span: Span) -> NoReturn:
        """Stop building: the words of the user that led here are too much."""
        here = self.frames[0].span if self.frames else span
        self.note(TooLarge(span=here, what=what))
        raise TooManyNodesError

    def _trained(self, op: Op, inputs: tuple[tuple[str, int], ...]) -> bool:
        if op.writes or op.name in STOPS:
            return False  # memory is read as it was before the step
        if op.name in {"tap", "apply"} and self.world.trains_model(str(op.knob("model"))):
            return True
        name = op.knob("name")
        if isinstance(name, str) and name in self.parts and self.world.trains_part(name):
            return True
        return any(self.graph.node(source).trained for _, source in inputs)

    def leaf(self, op: Op, sort: str, axes: Axes | None, span: Span) -> int:
        """A node without inputs; the same source is one node."""
        key = (op, span.source.path if op.name == "const" else "")
        if op.name != "const" and key in self.single:
            return self.single[key]
        self.single[key] = number = self.add(op, (), Inferred(sort, axes), span)
        return number

    def const(self, value: float, span: Span) -> int:
        """A number."""
        return self.leaf(Op("const", (("value", float(value)),)), "Scalar", (), span)

    def unknown(self, span: Span) -> int:
        """A value of which nothing is known."""
        return self.add(Op("unknown"), (), Inferred(), span)

    def leaf_size(self, span: Span) -> int:
        """A size that only the real networks or the data can tell."""
        return self.add(Op("size"), (), Inferred("Scalar", ()), span)

    def source(self, name: str, span: Span) -> int:
        """Labels, indices, the clock, and sizes of the data."""
        if name in CLOCK:
            return self.leaf(Op("clock", (("name", name),)), "Scalar", (), span)
        if name in SIZES:
            size = getattr(self.world, name)
            return self.const(size, span) if size is not None else self.leaf_size(span)
        return self.leaf(Op("input", (("name", name),)), "Labels", (Axis(rows="b"),), span)

    def view(self, name: str, span: Span) -> int:
        """A view of the batch."""
        view = self.world.views[name]
        self.used.add(name)
        sizes = self.world.image
        axes = (Axis(rows=view.tag), *map(Axis, sizes)) if sizes and view.rows is not None else None
        knobs: tuple[tuple[str, object], ...] = (("name", name),)
        if view.of is not None:
            base, row = view.of
            of = self.world.views.get(base)
            knobs += (("of", base), ("row", row), ("rows", of.rows if of else None))
        return self.leaf(Op("input", knobs), "Image", axes, span)

    def given(self, name: str, span: Span) -> int:
        """A name that is an input of the step instead of being computed."""
        return self.leaf(Op("given", (("name", name),)), "Tensor", None, span)

    # -- arithmetic -----------------------------------------------------------------

    def arithmetic(self, tree: Syntax, scope: Scope) -> int:
        """Signs between values."""
        match tree:
            case Binary(op="@"):
                inputs = self._two(tree.left, tree.right, scope)
                return self.checked(Op("matmul"), inputs, infer_product(self.seen(inputs)), tree)
            case Binary():
                inputs = self._two(tree.left, tree.right, scope)
                return self.pointwise(OPS[tree.op], inputs, tree)
            case Compare():
                inputs = self._two(tree.left, tree.right, scope)
                return self.pointwise(COMPARES[tree.op], inputs, tree)
            case Negative():
                inner = (("value", self.point(tree.value, scope)),)
                return self.pointwise("neg", inner, tree)
            case Transpose():
                number = self.point(tree.value, scope)
                found = infer_transpose(self.graph.node(number))
                return self.checked(Op("transpose"), (("value", number),), found, tree)
            case Slice():
                self.note(
                    NotAValue(
                        span=tree.span,
                        name=write(tree),
                        what="a slice",
                        advice="slices stand in brackets after a value, as in `v[:, 1:]`",
                    )
                )
                return self.unknown(tree.span)
        msg = f"no way to build {tree!r}"
        raise TypeError(msg)

    def _two(self, left: Syntax, right: Syntax, scope: Scope) -> tuple[tuple[str, int], ...]:
        return (("left", self.point(left, scope)), ("right", self.point(right, scope)))

    def pointwise(self, op: str, inputs: tuple[tuple[str, int], ...], tree: Syntax) -> int:
        """A node of arithmetic."""
        found = infer_arithmetic(op, self.seen(inputs))
        if found.sort == "Labels":  # labels stay whole numbers
            inputs = tuple((slot, self._whole(number)) for slot, number in inputs)
        number = self.checked(Op(op), inputs, found, tree)
        try:
            constant(self.graph, number)
        except TooLargeError:
            self.note(TooLarge(span=tree.span, what=f"`{write(tree)}` is larger than 1e100"))
            return self.unknown(tree.span)
        if op == "div" and constant(self.graph, inputs[1][1]) == 0:
            at = pointed(self.graph, inputs[1][1], self.frames, _divisor(tree)).span
            self.note(DividesByZero(span=at))
            return self.unknown(tree.span)
        return number

    def _whole(self, number: int) -> int:
        node = self.graph.node(number)
        value = node.op.knob("value") if node.op.name == "const" else None
        if not isinstance(value, float) or node.span is None:
            return number
        return self.leaf(Op("const", (("value", int(value)),)), "Scalar", (), node.span)

    def seen(self, inputs: tuple[tuple[str, int], ...]) -> list[tuple[str, Node]]:
        """The slots with what is known about the nodes in them."""
        return [(slot, self.graph.node(source)) for slot, source in inputs]

    def checked(
        self,
        op: Op,
        inputs: tuple[tuple[str, int], ...],
        found: Inferred,
        tree: Syntax,
        spans: dict[str, Span] | None = None,
    ) -> int:
        """Add a node and note what does not fit."""
        swapped = op.name in TARGETS and self._is_swapped(op, dict(inputs))
        if found.mistakes or swapped:
            at = self._places(inputs, tree, spans or {})
            function = self.frames[0].function if self.frames else sign_of(op, tree)
            for diagnostic in told(found.mistakes, function, op, at):
                self.note(diagnostic)
            if swapped:
                target, guess = (at[slot].span for slot in TARGETS[op.name])
                self.note(Swapped(span=target, function=function, other=guess))
        if found.mistakes:
            found = Inferred()
        return self.add(op, inputs, found, tree.span)

    def _places(
        self, inputs: tuple[tuple[str, int], ...], tree: Syntax, spans: dict[str, Span]
    ) -> dict[str, Argument]:
        """The words of the user that fill each slot, knobs included."""
        if isinstance(tree, (Binary, Compare)):
            spans = {"left": tree.left.span, "right": tree.right.span}
        knobs = {
            slot: Argument(self.frames[0].span if self.frames else span)
            for slot, span in spans.items()
        }
        return knobs | {
            slot: pointed(self.graph, source, self.frames, spans.get(slot, tree.span))
            for slot, source in inputs
        }

    def _is_swapped(self, op: Op, filled: dict[str, int]) -> bool:
        """Whether the target of a divergence is trained while its guess is not."""
        first, second = TARGETS[op.name]
        if first not in filled or second not in filled:
            return False
        target, guess = self.graph.node(filled[first]), self.graph.node(filled[second])
        if not target.trained or guess.trained:
            return False
        reached = self.graph.reach(filled[second])
        return not any(self.graph.node(one).op.name in {"unknown", "given"} for one in reached)

    # -- messages -------------------------------------------------------------------

    def note(self, mistake: Diagnostic) -> None:
        """Keep a mistake; the same one at the same place, or in the same call, is said once."""
        called = self.frames[0].span if self.frames else mistake.headline
        key = (mistake.code, mistake.span, called)
        self.mistakes.setdefault(key, mistake)

    def near(self, name: str, scope: Scope) -> str:
        """What to do about a name that nothing defines."""
        known = {
            *scope.names(), *self.world.networks, *self.world.views, *SOURCES, *SIZES,
            *self.recipe.modules,
        }  # fmt: skip
        if name in ALIASES:
            return f"say of which model: `student.{name}`"
        if name in MEANT:
            return f"write `{MEANT[name]}`"
        return suggest(name, known) or f"define it in `where`, as in `{name}: 0.5`"


def _divisor(tree: Syntax) -> Span:
    """What stands right of the sign."""
    return tree.right.span if isinstance(tree, Binary) else tree.span
