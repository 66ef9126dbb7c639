"""The knobs of an augmentation in `views:`, such as `pad=4` or the angles of `rotate`."""

from __future__ import annotations

from dataclasses import dataclass, field

from kdgraph.graph.build import Builder
from kdgraph.graph.knobs import knob_of
from kdgraph.graph.scope import Scope
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.arguments import MissingArgument, TooManyArguments
from kdgraph.lang.errors.foreign import foreign_knob
from kdgraph.lang.errors.names import UnknownKnob
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.syntax import Call
from kdgraph.primitive import Signature

ROWS = "rows"
"""a knob that whoever runs the views fills in"""


@dataclass
class ViewKnobs:
    """Matches the arguments of one call with the knobs of its word.

    Attributes:
        scope: where the numbers in an expression are looked up.
        mistakes: what did not match.
    """

    build: Builder
    made: Signature
    tree: Call
    scope: Scope
    mistakes: list[Diagnostic] = field(default_factory=list)

    def read(self, edges: int) -> dict[str, object]:
        """The knobs by name, where so many arguments before them are values."""
        made, tree = self.made, self.tree
        slots = [s for s in made.parameters if not s.is_edge and s.name != ROWS]
        knobs: dict[str, object] = {}
        many: dict[str, list[object]] = {slot.name: [] for slot in slots if slot.many}
        taken = 0
        for argument in tree.arguments[edges:]:
            if taken >= len(slots):
                self.mistakes.append(
                    TooManyArguments(
                        span=argument.span,
                        function=made.name,
                        most=edges + len(slots),
                        given=len(tree.arguments),
                        usage=str(made),
                    )
                )
                break
            slot = slots[taken]
            value = knob_of(self.build, made.name, slot, argument, self.scope)
            if slot.many:
                many[slot.name].append(value)
            else:
                knobs[slot.name] = value
                taken += 1
        for keyword in tree.keywords:
            known = {slot.name: slot for slot in slots}
            slot_ = next((slot for slot in slots if slot.is_called(keyword.name)), None)
            if slot_ is None or slot_.name in knobs:
                near = foreign_knob(keyword.name, known) or suggest(keyword.name, known)
                advice = near or f"it reads `{made}`"
                self.mistakes.append(
                    UnknownKnob(
                        span=keyword.at, function=made.name, knob=keyword.name, advice=advice
                    )
                )
                continue
            knobs[slot_.name] = knob_of(self.build, made.name, slot_, keyword.value, self.scope)
        for slot in slots:
            given = slot.name in knobs or many.get(slot.name)
            if (slot.is_required or slot.many) and not given:
                self.mistakes.append(
                    MissingArgument(
                        span=tree.span, function=made.name, slot=slot.name, usage=str(made)
                    )
                )
        return {**knobs, **{name: tuple(values) for name, values in many.items()}}
