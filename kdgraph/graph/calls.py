"""Calls: what a name before `(` can be, and how its arguments fill slots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kdgraph.graph.borrow import lender, lent_function, view_called
from kdgraph.graph.branches import branches
from kdgraph.graph.bulk import check_bulk
from kdgraph.graph.checked import checked
from kdgraph.graph.class_columns import check_columns
from kdgraph.graph.expand import expand
from kdgraph.graph.fits import (
    check_branch,
    check_classes,
    check_labels,
    check_reached,
    check_view,
    check_width_of_batch,
)
from kdgraph.graph.forms import FORMS
from kdgraph.graph.graph import Op
from kdgraph.graph.infer import infer_word
from kdgraph.graph.lookup import outside
from kdgraph.graph.numbers import a_number, check_plain
from kdgraph.graph.part_names import is_place, part_name
from kdgraph.graph.ranges import check_numbers, check_temperatures
from kdgraph.graph.remembered import NAMED, check_choice, check_pool, filled_in
from kdgraph.graph.scope import Scope
from kdgraph.graph.sides import check_heads, check_sides
from kdgraph.graph.slots import Applied, fill
from kdgraph.graph.taps import apply_path
from kdgraph.graph.values import Maker, Many, Model, Path, Point, Unknown, Value
from kdgraph.graph.world import SIZES, VIEW_SOURCES
from kdgraph.lang.errors.arguments import MissingArgument, TooManyArguments
from kdgraph.lang.errors.foreign import foreign_function
from kdgraph.lang.errors.names import (
    NotAValue,
    OnlyInModules,
    UnknownFunction,
    UnknownKnob,
    UnknownView,
)
from kdgraph.lang.errors.sorts import AxisClash
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.syntax import Attribute, Call, Missing, Name, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


def call(build: Builder, tree: Call, scope: Scope) -> Value:
    """What a call stands for."""
    callee = tree.callee
    if isinstance(callee, Attribute):
        lent = lent_function(build, callee, scope)
        if lent is not None:
            return expand(build, lent[0], tree, scope, lent[1])
    if not isinstance(callee, Name):
        return _applied(build, build.value(callee, scope), tree, scope)
    name = callee.id
    owner = scope.find(name)
    if owner is not None and (name in owner.bound or not is_function(build, name, scope)):
        return _applied(build, build.value(callee, scope), tree, scope)
    own = scope.function(name)  # what a recipe defines goes before the language's own words
    if own is not None:
        build.used.add(name)
        return expand(build, own, tree, scope, scope.root)
    if scope.root.home is not None and name in scope.root.home.modules:
        return _applied(build, build.value(callee, scope), tree, scope)
    if name in FORMS:
        return FORMS[name](build, tree, scope)
    if name in build.library:
        return expand(build, build.library[name], tree, scope, build.plain)
    home = scope.root.home
    if home is not None and name in home.use and name not in build.world.networks:
        return _borrowed_function(build, name, tree, scope)
    elsewhere = outside(build, name, scope)
    if elsewhere is not None:
        return _applied(build, elsewhere, tree, scope)
    made = REGISTRY.get(name)
    if made is not None and made.flag("network"):
        return followed(build, made, tree, scope)
    if made is not None and made.kind != "view":
        return Point(word(build, made, tree, scope))
    _say_unknown(build, callee, tree, scope)
    return Unknown()


def followed(build: Builder, made: Signature, tree: Call, scope: Scope) -> Value:
    """A model whose weights are remembered: `ema(student)`."""
    first = tree.arguments[0] if tree.arguments else None
    if first is None:
        word(build, made, tree, scope)  # says what is missing
        return Unknown()
    value = build.value(first, scope)
    if not isinstance(value, Model) or value != Model(value.name):
        if not isinstance(value, Unknown):
            advice = "name a model alone, and its view after it: `ema(student)(a).logits`"
            words = write(first)
            build.note(NotAValue(span=first.span, name=words, what="not a model", advice=advice))
        return Unknown()
    named = replace(tree, arguments=(Name(first.span, value.name), *tree.arguments[1:]))
    build.direct = named if build.direct is tree else build.direct
    return Model(value.name, mean=word(build, made, named, scope))


def is_function(build: Builder, name: str, scope: Scope) -> bool:
    """Whether a name before `(` is a form, a function, or a word of the vocabulary."""
    known = name in FORMS or scope.function(name) is not None or name in build.library
    return known or REGISTRY.get(name) is not None


def _borrowed_function(build: Builder, name: str, tree: Call, scope: Scope) -> Value:
    """A recipe of `use` whose own function has its name: `crd(a, b, J)`."""
    home = lender(build, scope.root, name, tree.span).scope
    function = home.function(name)
    if function is None:
        _say_unknown(build, tree.callee, tree, scope)
        return Unknown()
    return expand(build, function, tree, scope, home)


def _say_unknown(build: Builder, callee: Syntax, tree: Call, scope: Scope) -> None:
    _look(build, tree, scope)
    name = write(callee)
    known = {
        *(one.name for one in REGISTRY if one.kind != "view"), *build.library, *FORMS,
        *build.recipe.define, *build.recipe.modules,
    }  # fmt: skip
    vocabulary = "`kdgraph list` shows the vocabulary; `define:` adds to it"
    advice = foreign_function(name, known) or suggest(name, known) or vocabulary
    if REGISTRY.get(name) is not None:
        advice = f"`{name}` works on images: use it in `views`, as in `x: {name}(image)`"
    build.note(UnknownFunction(span=callee.span, name=name, advice=advice))


def _look(build: Builder, tree: Call, scope: Scope) -> None:
    """Read the arguments of a call that can't be made, for the mistakes in them."""
    for argument in tree.arguments:
        build.value(argument, scope)


def _applied(build: Builder, value: Value, tree: Call, scope: Scope) -> Value:
    """A model on a view, a module of `modules:`, or a module inside a model, applied."""
    first = tree.arguments[0] if tree.arguments else None
    if first is None:
        usage = f"{write(tree.callee)}(v)"
        build.note(
            MissingArgument(span=tree.span, function=write(tree.callee), slot="v", usage=usage)
        )
        return Unknown()
    if isinstance(value, (Model, Path, Maker)):
        _refuse_more(build, tree)
    match value:
        case Model():
            view = _view_of(build, first, scope)
            return replace(value, view=check_view(build, value.name, view, first.span))
        case Path():
            number = build.point(first, scope)
            return Point(apply_path(build, value, number, tree.span, first.span))
        case Maker():
            several = value if value.place is not None else branches(build, value)
            if several is value:
                return Point(made(build, value, first, scope, tree))
            if isinstance(several, Many):
                name = write(tree.callee)
                advice = f"`{name}` has a module for each map: `{name}[0]({write(first)})`"
                build.note(UnknownFunction(span=tree.callee.span, name=name, advice=advice))
            build.value(first, scope)
            return Unknown()
        case Many(items=(Maker(), *_)) | Unknown():
            build.value(first, scope)
            return Unknown()
    name = write(tree.callee)
    advice = f"a value takes no arguments; for a product write `{name}·(…)`"
    build.note(UnknownFunction(span=tree.callee.span, name=name, advice=advice))
    return Unknown()


def _refuse_more(build: Builder, tree: Call) -> None:
    """Refuse more than the one value that a model or a module is applied to."""
    name = write(tree.callee)
    usage = f"{name}(v)"
    if len(tree.arguments) > 1:
        build.note(
            TooManyArguments(
                span=tree.arguments[1].span, function=name, most=1, given=len(tree.arguments),
                usage=usage,
            )
        )  # fmt: skip
    for one in tree.keywords:
        advice = f"it reads `{usage}`"
        build.note(UnknownKnob(span=one.at, function=name, knob=one.name, advice=advice))


def _view_of(build: Builder, tree: Syntax, scope: Scope) -> int:
    if isinstance(tree, Name) and scope.find(tree.id) is None:
        known = {*build.world.views, *VIEW_SOURCES}
        view = view_called(build, tree.id, scope, tree.span)
        if view is None and tree.id not in VIEW_SOURCES and tree.id not in build.world.given:
            advice = (
                suggest(tree.id, known) or f"define it in `views`, as in `{tree.id}: flip(image)`"
            )
            build.note(UnknownView(span=tree.span, name=tree.id, advice=advice))
            return build.unknown(tree.span)
    return build.point(tree, scope)


def made(build: Builder, maker: Maker, first: Syntax, scope: Scope, tree: Call) -> int:
    """A module of `modules:` applied to a value: one module, however often it is applied."""
    number = build.point(first, scope)
    axes = build.graph.node(number).axes
    size = axes[1 if len(axes) == 4 else -1].size if axes else None  # noqa: PLR2004 - maps
    width = Point(build.const(size, tree.span) if size else build.unknown(tree.span))
    inner = Scope((), {}, {"width": width, "channels": width}, maker.home)
    signature = _maker_word(build, maker)
    body = maker.entry.tree
    if signature is None or not isinstance(body, Call):
        return build.unknown(tree.span)
    known_width = build.widths.setdefault(maker.full_name, (size, first.span))
    if None not in {known_width[0], size} and known_width[0] != size:
        build.note(
            AxisClash(
                span=first.span,
                function=maker.name,
                axis="d",
                size=str(size),
                other=known_width[1],
                other_size=str(known_width[0]),
                advice="one module takes inputs of one width; make a second module",
            )
        )
    applied = word(build, signature, body, inner, Applied(maker, number, first.span, tree))
    if maker.place is None:
        return applied
    model = build.graph.node(applied).op.knob("model")
    fits = check_branch(build, maker, model, number, first.span)
    return applied if fits else build.unknown(tree.span)


def _maker_word(build: Builder, maker: Maker) -> Signature | None:
    """The word behind a name of `modules:`; None, and a message, where it is none."""
    body = maker.entry.tree
    if isinstance(body, Missing):
        return None
    if not isinstance(body, Call) or not isinstance(body.callee, Name):
        advice = "a module is a call, as in `mlp(width, 64)`"
        build.note(UnknownFunction(span=body.span, name=write(body), advice=advice))
        return None
    signature = REGISTRY.get(body.callee.id)
    if signature is not None and signature.kind in {"module", "memory"}:
        return signature
    known = [one.name for one in REGISTRY if one.kind in {"module", "memory"}]
    advice = suggest(body.callee.id, known) or f"modules are {', '.join(known)}"
    build.note(UnknownFunction(span=body.callee.span, name=body.callee.id, advice=advice))
    return None


def _values_of(build: Builder, knobs: tuple[tuple[str, object], ...]) -> int | None:
    """How many numbers the network behind `model=` holds, where that is known."""
    network = build.world.networks.get(str(dict(knobs).get("model")))
    return network.values if network is not None else None


def word(
    build: Builder, made: Signature, tree: Call, scope: Scope, applied: Applied | None = None
) -> int:
    """The node of a word of the vocabulary.

    Args:
        build: the builder.
        made: the word.
        tree: the call.
        scope: where the names of its arguments are looked up.
        applied: what it is applied to, if the call is a module of `modules:`.
    """
    if made.flag("each") and applied is None:
        build.note(OnlyInModules(span=tree.span, word=made.name))
        return build.unknown(tree.span)
    direct, name = build.direct is tree, ""
    filled = fill(build, made, tree, scope, applied)
    knobs, inputs = filled.knobs, tuple(filled.inputs)
    if made.kind in NAMED:
        direct = direct and not (made.kind == "module" and is_place(build.labels, build.parts))
        own = part_name(build.labels, made.name, build.parts, direct=direct)
        name = applied.maker.full_name if applied else own
        knobs = (("site" if made.kind == "draw" else "name", name), *knobs)
        build.parts.setdefault(name, build.graph.next)
    inputs = filled_in(build, made, inputs, tree, filled.spans)
    check_pool(build, made, inputs, knobs, tree)
    check_choice(build, made, knobs, tree)
    touched = (name,) if made.kind == "memory" else ()
    op = Op(made.name, knobs, touched, touched, random=bool(made.flag("random")))
    sizes = {name: getattr(build.world, name) for name in SIZES}
    sizes |= {"n": _values_of(build, knobs)} if made.flag("network") else {}
    found = infer_word(made, op, build.seen(inputs), sizes)
    at = applied.tree if applied else tree
    check_columns(build, made, inputs, at, filled.spans)
    if not found.mistakes:
        check_labels(build, made, inputs, at, filled.spans)
        check_plain(build, made, inputs, at, filled.spans)
        check_classes(build, made, op, inputs, at)
        check_reached(build, made, inputs, at, filled.spans)
        check_width_of_batch(build, made, inputs, at)
    check_temperatures(build, made, inputs, filled.spans, at.span)
    check_numbers(build, made, knobs, inputs, filled.spans, at.span)
    number = checked(build, op, inputs, found, at, filled.spans)
    check_heads(build, number, filled.spans, at)
    check_bulk(build, number, at)
    return a_number(build, check_sides(build, number, at), at)
