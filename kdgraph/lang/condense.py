"""`condense:` in numbers: when the training set shrinks, to how much, and what is mixed.

    step  = int(N·(1 − keep)/rounds)          examples that a round leaves out
    after = max(before − step, int(keep·N))   examples after a round

The sizes are those of the released code, in its floating-point arithmetic. It divides by 6,
which is its 240 epochs over a round every 40; here that is `rounds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kdgraph.lang import arithmetic
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.condense import BadCondenseValue, NoCondenseValue
from kdgraph.lang.recipe import Entry, Recipe
from kdgraph.lang.syntax import Missing, Name, Syntax
from kdgraph.lang.write import write

VALUE = "value"
KEYS = (VALUE, "rounds", "every", "keep", "mix", "cost", "warmup", "form")
FORMS = ("code", "paper")
ROUNDS, KEEP, MIX, COST = 6, 0.7, 0.3, 0.03
SLACK = 1e-9
"""so that epoch 40 is the sixth multiple of 40/6 on every machine"""

Form = Literal["code", "paper"]


@dataclass(frozen=True, kw_only=True)
class Condensing:
    """How a stage condenses its training set.

    Attributes:
        rounds: equal steps from all the examples to those that are kept.
        every: epochs from one round to the next.
        keep: share of the examples that is left after the last step.
        mix: how much of an image left out the last of the kept ones gets.
        cost: the power of the frequency in an example's score.
        warmup: no round comes before this epoch has ended.
        form: how images are mixed: as the released code does, or as the paper says.
    """

    rounds: int = ROUNDS
    every: float = 1.0
    keep: float = KEEP
    mix: float = MIX
    cost: float = COST
    warmup: float = 0.0
    form: Form = "code"

    def is_due(self, epoch: int) -> bool:
        """Whether a round follows this epoch, counted from 1.

        An `every` that is no whole number of epochs is rounded up to the end of an epoch, round
        by round; where it is shorter than an epoch, each epoch is followed by one.

        >>> [epoch for epoch in range(1, 13) if Condensing(every=2.5).is_due(epoch)]
        [3, 5, 8, 10]
        """
        now, before = (math.floor(one / self.every + SLACK) for one in (epoch, epoch - 1))
        return now > before and epoch >= self.warmup - SLACK

    def after(self, examples: int, before: int) -> int:
        """How many of all the `examples` a round keeps, where `before` of them were kept.

        >>> Condensing().after(50_000, 50_000)
        47500
        """
        step = int(examples * (1 - self.keep) / self.rounds)
        return max(before - step, int(self.keep * examples), 1)

    def lengths(self, examples: int, epochs: int) -> tuple[int, ...]:
        """How many examples each epoch has.

        >>> Condensing(every=2, keep=0.4).lengths(10, 6)
        (10, 10, 9, 9, 8, 8)
        """
        found, now = list[int](), examples
        for epoch in range(1, epochs + 1):
            found.append(now)
            now = self.after(examples, now) if self.is_due(epoch) else now
        return tuple(found)


def condensing(recipe: Recipe, epochs: int) -> Condensing:
    """What `condense:` of a recipe comes to in a stage of so many epochs.

    Raises:
        RecipeError: with every mistake in it.
    """
    wrong: list[Diagnostic] = []
    found = _Reader(recipe.condense, epochs, wrong).read()
    if wrong:
        raise RecipeError(*wrong)
    return found


def condense_mistakes(recipe: Recipe, epochs: int) -> list[Diagnostic]:
    """Everything that is wrong with the numbers of `condense:`."""
    if not recipe.condense:
        return []
    try:
        condensing(recipe, epochs)
    except RecipeError as error:
        return list(error.diagnostics)
    return []


@dataclass
class _Reader:
    """Reads the entries one by one, and notes what is wrong with each."""

    entries: dict[str, Entry]
    epochs: int
    wrong: list[Diagnostic]

    def read(self) -> Condensing:
        if VALUE not in self.entries:
            first = next(iter(self.entries.values()))
            self.wrong.append(NoCondenseValue(span=first.key))
        rounds = self.number(
            "rounds", ROUNDS, "a whole number from 1", lambda one: one >= 1 and one == int(one)
        )
        every = self.duration("every", self.epochs / rounds, "above 0", lambda one: one > 0)
        return Condensing(
            rounds=int(rounds),
            every=every,
            keep=self.number("keep", KEEP, "above 0 and at most 1", lambda one: 0 < one <= 1),
            mix=self.number("mix", MIX, "from 0 to 1", lambda one: 0 <= one <= 1),
            cost=self.number("cost", COST, "a finite number", math.isfinite),
            warmup=self.duration("warmup", 0.0, "0 or more", lambda one: one >= 0),
            form=self.form(),
        )

    def number(self, key: str, default: float, wanted: str, fits: Callable[[float], bool]) -> float:
        entry = self.entries.get(key)
        if entry is None or isinstance(entry.tree, Missing):
            return default
        try:
            found = arithmetic.number(entry.tree, {"epochs": float(self.epochs)})
        except RecipeError as error:
            self.wrong += error.diagnostics
            return default
        if math.isfinite(found) and fits(found):
            return found
        self.refuse(key, entry.tree, wanted)
        return default

    def duration(
        self, key: str, default: float, wanted: str, fits: Callable[[float], bool]
    ) -> float:
        """Epochs; a number below 1 that does not name `epochs` is a share of them."""
        entry = self.entries.get(key)
        found = self.number(key, default, wanted, fits)
        if entry is None or found >= 1 or _names(entry.tree, "epochs"):
            return found
        return found * self.epochs

    def form(self) -> Form:
        entry = self.entries.get("form")
        if entry is None or isinstance(entry.tree, Missing):
            return "code"
        if isinstance(entry.tree, Name) and entry.tree.id in FORMS:
            return "paper" if entry.tree.id == "paper" else "code"
        self.refuse("form", entry.tree, " or ".join(f"`{one}`" for one in FORMS))
        return "code"

    def refuse(self, key: str, tree: Syntax, wanted: str) -> None:
        mistake = BadCondenseValue(span=tree.span, key=key, found=write(tree), wanted=wanted)
        self.wrong.append(mistake)


def _names(tree: Syntax, name: str) -> bool:
    return any(isinstance(one, Name) and one.id == name for one in tree.walk())
