"""Calls: what a name before `(` can be, and how its arguments fill slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.expand import expand
from kdgraph.graph.forms import FORMS
from kdgraph.graph.graph import Op
from kdgraph.graph.infer import infer_word
from kdgraph.graph.knobs import is_none, knob_of
from kdgraph.graph.scope import Scope
from kdgraph.graph.taps import apply_path
from kdgraph.graph.values import Maker, Many, Model, Path, Point, Unknown, Value
from kdgraph.graph.world import SIZES, VIEW_SOURCES
from kdgraph.lang.errors.names import UnknownFunction, UnknownKnob, UnknownView
from kdgraph.lang.errors.sorts import AxisClash, MissingArgument, TooManyArguments, WrongKnob
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call, Keyword, Missing, Name, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Parameter, Signature
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


def call(build: Builder, tree: Call, scope: Scope) -> Value:
    """What a call stands for."""
    callee = tree.callee
    if not isinstance(callee, Name):
        return _applied(build, build.value(callee, scope), tree, scope)
    name = callee.id
    owner = scope.find(name)
    if owner is not None and (name in owner.bound or not is_function(build, name)):
        return _applied(build, build.value(callee, scope), tree, scope)
    if name in FORMS:
        return FORMS[name](build, tree, scope)
    function = build.recipe.define.get(name) or build.library.get(name)
    if function is not None:
        if name in build.recipe.define:
            build.used.add(name)
        return expand(build, function, tree, scope)
    if name in build.recipe.use and name not in build.world.networks:
        return _borrowed_function(build, name, tree, scope)
    outside = build.outside(name)
    if outside is not None:
        return _applied(build, outside, tree, scope)
    made = REGISTRY.get(name)
    if made is not None and made.kind != "view":
        return Point(word(build, made, tree, scope))
    _say_unknown(build, callee, tree, scope)
    return Unknown()


def is_function(build: Builder, name: str) -> bool:
    """Whether a name before `(` is a form, a function, or a word of the vocabulary."""
    known = name in FORMS or name in build.recipe.define or name in build.library
    return known or REGISTRY.get(name) is not None


def _borrowed_function(build: Builder, name: str, tree: Call, scope: Scope) -> Value:
    """A recipe of `use` whose own function has its name: `crd(a, b, J)`."""
    function = build.recipe.use[name].define.get(name) or build.library.get(name)
    if function is None:
        _say_unknown(build, tree.callee, tree, scope)
        return Unknown()
    return expand(build, function, tree, scope)


def _say_unknown(build: Builder, callee: Syntax, tree: Call, scope: Scope) -> None:
    _look(build, tree, scope)
    name = write(callee)
    known = {
        *(one.name for one in REGISTRY if one.kind != "view"), *build.library, *FORMS,
        *build.recipe.define, *build.recipe.modules,
    }  # fmt: skip
    advice = suggest(name, known) or "`kdgraph list` shows the vocabulary; `define:` adds to it"
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
    match value:
        case Model():
            return Model(value.name, _view_of(build, first, scope))
        case Path():
            return Point(apply_path(build, value, build.point(first, scope), tree.span))
        case Maker():
            return Point(made(build, value, first, scope, tree))
        case Many(items=(Maker(), *_)) | Unknown():
            build.value(first, scope)
            return Unknown()
    name = write(tree.callee)
    advice = f"a value takes no arguments; for a product write `{name}·(…)`"
    build.note(UnknownFunction(span=tree.callee.span, name=name, advice=advice))
    return Unknown()


def _view_of(build: Builder, tree: Syntax, scope: Scope) -> int:
    if isinstance(tree, Name) and scope.find(tree.id) is None:
        known = {*build.world.views, *VIEW_SOURCES}
        if tree.id not in known and tree.id not in build.world.given:
            advice = suggest(tree.id, known) or f"define it in `views`, as in `{tree.id}: flip(image)`"
            build.note(UnknownView(span=tree.span, name=tree.id, advice=advice))
            return build.unknown(tree.span)
    return build.point(tree, scope)


def made(build: Builder, maker: Maker, first: Syntax, scope: Scope, tree: Call) -> int:
    """A module of `modules:` applied to a value: one module, however often it is applied."""
    number = build.point(first, scope)
    axes = build.graph.node(number).axes
    size = axes[1 if len(axes) == 4 else -1].size if axes else None  # noqa: PLR2004 - maps
    width = Point(build.const(size, tree.span) if size else build.unknown(tree.span))
    inner = Scope((), {}, {"width": width, "channels": width}, build.top)
    signature = _maker_word(build, maker)
    body = maker.entry.tree
    if signature is None or not isinstance(body, Call):
        return build.unknown(tree.span)
    known_width = build.widths.setdefault(maker.full_name, (size, first.span))
    if None not in {known_width[0], size} and known_width[0] != size:
        build.note(
            AxisClash(
                span=first.span, function=maker.name, axis="d", size=str(size),
                other=known_width[1], other_size=str(known_width[0]),
                advice="one module takes inputs of one width; make a second module",
            )  # fmt: skip
        )
    return word(build, signature, body, inner, first=(number, first.span), applied=(maker, tree))


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


def word(
    build: Builder,
    made: Signature,
    tree: Call,
    scope: Scope,
    *,
    first: tuple[int, Span] | None = None,
    applied: tuple[Maker, Call] | None = None,
) -> int:
    """The node of a word of the vocabulary.

    Args:
        build: the builder.
        made: the word.
        tree: the call.
        scope: where the names of its arguments are looked up.
        first: the value that a module of `modules:` is applied to.
        applied: that module, and where it is applied.
    """
    maker, here = applied or (None, tree)
    direct, name = build.direct is tree, ""
    inputs, knobs, spans = _filled(build, made, tree, scope, first, maker)
    if made.kind in {"module", "memory"}:
        name = maker.full_name if maker else _part_name(build, made.name, direct=direct)
        knobs = [("name", name), *knobs]
    touched = (name,) if made.kind == "memory" else ()
    op = Op(made.name, tuple(knobs), touched, touched, random=bool(made.flag("random")))
    if made.kind in {"module", "memory"}:
        build.parts.setdefault(name, build.graph.next)
    sizes = {name: getattr(build.world, name) for name in SIZES}
    found = infer_word(made, op, build.seen(tuple(inputs)), sizes)
    return build.checked(op, tuple(inputs), found, here, spans)


def _part_name(build: Builder, word_: str, *, direct: bool) -> str:
    """What a module or a memory is called: by the names on the way to it, and no others."""
    labels = list(build.labels)
    if not direct or not labels:
        labels.append(word_)
    name = plain = ".".join(labels)
    count = 1
    while name in build.parts:
        count += 1
        name = f"{plain}_{count}"
    return name


def _filled(
    build: Builder,
    made: Signature,
    tree: Call,
    scope: Scope,
    first: tuple[int, Span] | None,
    maker: Maker | None,
) -> tuple[list[tuple[str, int]], list[tuple[str, object]], dict[str, Span]]:
    """Match arguments with slots: edges become inputs, the rest are knobs."""
    inputs: list[tuple[str, int]] = []
    advice = WrongKnob.advice
    if first is not None:
        advice = f"`modules:` leaves the input out, as in `{made.name}({_example(made)})`"
    knobs: dict[str, object] = {}
    spans: dict[str, Span] = {}
    slots = list(made.parameters)
    if first is not None:
        inputs.append((slots[0].name, first[0]))
        spans[slots[0].name] = first[1]
        slots = slots[1:]
    if maker is not None and maker.place is not None:
        knobs["place"] = maker.place
        slots = [slot for slot in slots if slot.name != "place"]
    if made.flag("record"):
        return _record(build, tree, scope), [], {}
    filled: set[str] = {slot for slot, _ in inputs}
    for slot, argument in _paired(build, made, slots, tree):
        name = slot.name
        if slot.many:
            place = sum(one.rstrip("0123456789") == name for one in [*spans, *knobs])
            name = f"{name}{place}"
        spans[name] = argument.span
        filled.add(slot.name)
        if slot.is_edge and slot.default is None and is_none(argument, scope):
            continue
        if slot.is_edge:
            inputs.append((name, _edge(build, argument, scope)))
        else:
            knobs[name] = knob_of(build, made.name, slot, argument, scope, advice)
    for slot in made.parameters:
        if slot.name in filled or slot.name in knobs or slot.many:
            continue
        if slot.is_required:
            build.note(
                MissingArgument(
                    span=tree.span, function=made.name, slot=slot.name, usage=str(made)
                )
            )
            if slot.is_edge:
                inputs.append((slot.name, build.unknown(tree.span)))
        elif not slot.is_edge:
            knobs[slot.name] = slot.default
    return inputs, _gathered(made, knobs), spans


def _record(build: Builder, tree: Call, scope: Scope) -> list[tuple[str, int]]:
    """The fields of a record, such as `delay(x=b, z=detach(z))`: every keyword is one."""
    for argument in tree.arguments:
        usage = f"{write(tree.callee)}(name=value, …)"
        build.note(
            TooManyArguments(
                span=argument.span, function=write(tree.callee), most=0,
                given=len(tree.arguments), usage=usage,
            )  # fmt: skip
        )
    return [(one.name, _edge(build, one.value, scope)) for one in tree.keywords]


def _example(made: Signature) -> str:
    """The knobs that a module must be given, as a recipe would write them."""
    wanted = (one for one in made.parameters[1:] if one.is_required or one.many)
    return ", ".join(one.name.rstrip("s") for one in wanted)


def _gathered(made: Signature, knobs: dict[str, object]) -> list[tuple[str, object]]:
    """Knobs in the order of the signature; `*widths` become one tuple."""
    listed: list[tuple[str, object]] = []
    for slot in made.parameters:
        if slot.is_edge:
            continue
        if slot.many:
            many = [v for k, v in knobs.items() if k.rstrip("0123456789") == slot.name]
            listed.append((slot.name, tuple(many)))
        elif slot.name in knobs:
            listed.append((slot.name, knobs[slot.name]))
    return listed


def _edge(build: Builder, argument: Syntax, scope: Scope) -> int:
    labels = list(build.labels)
    number = build.point(argument, scope)
    build.labels = labels
    return number


def _paired(
    build: Builder, made: Signature, slots: list[Parameter], tree: Call
) -> list[tuple[Parameter, Syntax]]:
    """Each argument with the slot it fills."""
    paired: list[tuple[Parameter, Syntax]] = []
    taken = 0
    for argument in tree.arguments:
        if taken < len(slots):
            paired.append((slots[taken], argument))
            taken += 0 if slots[taken].many else 1
        else:
            build.note(
                TooManyArguments(
                    span=argument.span, function=made.name, most=len(slots),
                    given=len(tree.arguments), usage=str(made),
                )  # fmt: skip
            )
            break
    known = {slot.name: slot for slot in slots}
    full = {slot.name for slot, _ in paired}
    for keyword in tree.keywords:
        slot = known.get(keyword.name)
        if slot is None or keyword.name in full:
            _say_knob(build, made, keyword, [one.name for one in slots], twice=slot is not None)
        else:
            paired.append((slot, keyword.value))
    return paired


def _say_knob(
    build: Builder, made: Signature, keyword: Keyword, known: list[str], *, twice: bool
) -> None:
    advice = f"it reads `{made}`"
    if twice:
        advice = f"`{keyword.name}` is given already; {advice}"
    else:
        advice = suggest(keyword.name, known) or advice
    build.note(
        UnknownKnob(span=keyword.at, function=made.name, knob=keyword.name, advice=advice)
    )
