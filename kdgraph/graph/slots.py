"""The arguments of a call matched with the slots of a word: edges, knobs and records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kdgraph.graph.knobs import bare, knob_of
from kdgraph.graph.scope import Scope
from kdgraph.graph.values import Maker
from kdgraph.lang.errors.arguments import MissingArgument, TooManyArguments, WrongKnob
from kdgraph.lang.errors.foreign import foreign_knob
from kdgraph.lang.errors.names import UnknownKnob
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call, Keyword, Syntax
from kdgraph.primitive import Parameter, Signature

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


PLACE = "place"
"""the knob that tells the modules of a word with `each=` apart; no recipe writes it"""


@dataclass(frozen=True)
class Applied:
    """A module of `modules:`, the value it is applied to, and the words that say so."""

    maker: Maker
    number: int
    span: Span
    tree: Call


@dataclass
class Filling:
    """The slots of a word, filled one by one.

    Attributes:
        inputs: slots with the nodes in them, in order.
        spans: where each slot's argument stands.
    """

    build: Builder
    made: Signature
    tree: Call
    scope: Scope
    inputs: list[tuple[str, int]] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    advice: str = WrongKnob.advice
    usage: str = ""

    @property
    def knobs(self) -> tuple[tuple[str, object], ...]:
        """The knobs in the order of the signature; `*widths` become one tuple."""
        listed: list[tuple[str, object]] = []
        for slot in self.made.parameters:
            if not slot.is_edge and slot.many:
                many = [v for k, v in self.values.items() if _plain(k) == slot.name]
                listed.append((slot.name, tuple(many)))
            elif not slot.is_edge and slot.name in self.values:
                listed.append((slot.name, self.values[slot.name]))
        return tuple(listed)

    def take(self, slot: Parameter, argument: Syntax) -> None:
        """Put an argument into a slot."""
        name = slot.name
        if slot.many:
            name += str(sum(_plain(one) == name for one in self.spans))
        self.spans[name] = argument.span
        self.filled.add(slot.name)
        if not slot.is_edge:
            self.values[name] = knob_of(
                self.build, self.made.name, slot, argument, self.scope, self.advice
            )
        elif slot.default is not None or bare(argument, self.scope) != "none":
            self.inputs.append((name, self.edge(argument)))

    def edge(self, argument: Syntax) -> int:
        """The node of an argument."""
        labels = list(self.build.labels)
        number = self.build.point(argument, self.scope)
        self.build.labels = labels
        return number

    def leave(self, slot: Parameter) -> None:
        """Do what a slot without an argument asks for."""
        if slot.is_required or slot.many:
            usage, at = self.usage or str(self.made), self.tree.span
            self.build.note(
                MissingArgument(span=at, function=self.made.name, slot=slot.name, usage=usage)
            )
            if slot.is_edge:
                self.inputs.append((slot.name, self.build.unknown(at)))
        elif not slot.is_edge:
            self.values[slot.name] = slot.default


def fill(
    build: Builder, made: Signature, tree: Call, scope: Scope, applied: Applied | None = None
) -> Filling:
    """Match the arguments of a call with the slots of a word; note what does not match."""
    filling = Filling(build, made, tree, scope)
    if made.flag("record"):
        _record(filling)
        return filling
    slots = list(made.parameters)
    if applied is not None:
        first, *slots = slots
        filling.inputs.append((first.name, applied.number))
        filling.spans[first.name] = applied.span
        filling.filled.add(first.name)
        filling.advice = f"`modules:` leaves the input out, as in `{made.name}({_example(made)})`"
        filling.usage = f"{made.name}({_example(made)})"
        if applied.maker.place is not None:
            filling.values[PLACE] = applied.maker.place
            filling.filled.add(PLACE)
            slots = [slot for slot in slots if slot.name != PLACE]
    for slot, argument in _paired(build, made, slots, tree):
        filling.take(slot, argument)
    for slot in made.parameters:
        if slot.name not in filling.filled:
            filling.leave(slot)
    return filling


def _plain(name: str) -> str:
    return name.rstrip("0123456789")


def _record(filling: Filling) -> None:
    """The fields of a record, such as `delay(x=b, z=detach(z))`: every keyword is one."""
    word = filling.made.name
    for argument in filling.tree.arguments:
        filling.build.note(
            TooManyArguments(
                span=argument.span,
                function=word,
                most=0,
                given=len(filling.tree.arguments),
                usage=f"{word}(name=value, …)",
            )
        )
    if not filling.tree.keywords:
        usage = f"{word}(name=value, …)"
        filling.build.note(
            MissingArgument(span=filling.tree.span, function=word, slot="name=value", usage=usage)
        )
    filling.inputs += [(one.name, filling.edge(one.value)) for one in filling.tree.keywords]


def _example(made: Signature) -> str:
    """The knobs that a module must be given, as a recipe would write them."""
    wanted = [one for one in made.parameters[1:] if one.is_required or one.many]
    told = [one for one in wanted if not (made.flag("each") and one.name == PLACE)]
    return ", ".join(one.name.rstrip("s") if one.many else one.name for one in told)


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
                    span=argument.span,
                    function=made.name,
                    most=len(slots),
                    given=len(tree.arguments),
                    usage=str(made),
                )
            )
            break
    full = {slot.name for slot, _ in paired}
    for keyword in tree.keywords:
        slot = next((one for one in slots if one.is_called(keyword.name)), None)
        if slot is None or slot.name in full:
            _say_knob(build, made, keyword, slots)
        else:
            paired.append((slot, keyword.value))
            full.add(slot.name)
    return paired


def _say_knob(build: Builder, made: Signature, keyword: Keyword, slots: list[Parameter]) -> None:
    known = [slot.name for slot in slots]
    reads = f"it reads `{made}`"
    if keyword.name in known:
        advice = f"`{keyword.name}` is given already; {reads}"
    else:
        advice = foreign_knob(keyword.name, known) or suggest(keyword.name, known) or reads
    build.note(UnknownKnob(span=keyword.at, function=made.name, knob=keyword.name, advice=advice))
