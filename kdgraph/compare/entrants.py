"""The recipes that are compared, each read with the values that it has a name for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdgraph.experiment import SECTIONS, Experiment, examine
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.names import UnknownOverride

BASELINE = "ce"
ALONE = "student alone"


@dataclass(frozen=True)
class Entrant:
    """A recipe that takes part.

    Attributes:
        name: what the table calls it.
        recipe: where it is, as it was asked for.
        values: the `--set` pairs that it knows the names of.
        strange: the names of the others.
    """

    name: str
    recipe: str
    values: Mapping[str, str]
    experiment: Experiment
    strange: frozenset[str] = frozenset()


def entrants(
    recipes: Sequence[str], on: str | None, values: Mapping[str, str], *, alone: bool
) -> list[Entrant]:
    """All that take part, the student alone first.

    A value goes to the recipes that know its name, so that `T` may be set of those that have a
    temperature; a name that none of them knows is a mistake. Without `on` all are tried on the
    first one's setting.

    Args:
        recipes: files, or names of shipped ones; one that is named twice takes part once.
        on: the setting.
        values: `--set` pairs.
        alone: whether the student without a teacher takes part too.

    Raises:
        RecipeError: with every mistake of every recipe.
    """
    mistakes: list[Diagnostic] = []
    strange: list[list[UnknownOverride]] = []
    found: list[Entrant] = []
    for recipe in dict.fromkeys(recipes):
        try:
            one, unknown = _enter(recipe, on, values)
        except RecipeError as error:
            mistakes += error.diagnostics
            continue
        found.append(one)
        strange.append(unknown)
        on = on or str(one.experiment.setting.source.path)
    if found and not mistakes:
        shared = set.intersection(*(set(one.strange) for one in found))
        mistakes += [one for one in strange[0] if _names(one, shared)]
    if mistakes:
        raise RecipeError(*{str(one): one for one in mistakes}.values())
    found = _told_apart(found)
    if alone and all(one.experiment.recipe.name != BASELINE for one in found):
        own = {name: one for name, one in values.items() if name.split(".")[0] in SECTIONS}
        found.insert(0, _enter(BASELINE, on, own)[0])
    return [_called(one) for one in found]


def _enter(
    recipe: str, on: str | None, values: Mapping[str, str]
) -> tuple[Entrant, list[UnknownOverride]]:
    """A recipe with the values that it knows, and what it says of the others."""
    known, unknown = dict(values), list[UnknownOverride]()
    while True:
        try:
            experiment = examine(recipe, on, known)
            mistakes = experiment.errors
        except RecipeError as error:
            mistakes = error.diagnostics
        foreign = [one for one in mistakes if isinstance(one, UnknownOverride)]
        left = {
            name: one for name, one in known.items() if not any(_names(f, [name]) for f in foreign)
        }
        if mistakes and len(left) == len(known):
            raise RecipeError(*mistakes)
        if not mistakes:
            strange = frozenset(values.keys() - known.keys())
            return Entrant(experiment.recipe.name, recipe, known, experiment, strange), unknown
        known, unknown = left, [*unknown, *foreign]


def _names(mistake: UnknownOverride, names: Sequence[str] | set[str]) -> bool:
    """Whether it is about one of these names, or about the model that one begins with."""
    return any(one == mistake.name or one.startswith(f"{mistake.name}.") for one in names)


def _told_apart(found: list[Entrant]) -> list[Entrant]:
    """Recipes of one name, from two places, by their places."""
    names = [one.name for one in found]
    return [
        Entrant(one.recipe, one.recipe, one.values, one.experiment, one.strange)
        if names.count(one.name) > 1
        else one
        for one in found
    ]


def _called(one: Entrant) -> Entrant:
    """Plain cross-entropy is the student alone."""
    if one.experiment.recipe.name != BASELINE:
        return one
    return Entrant(ALONE, one.recipe, one.values, one.experiment, one.strange)
