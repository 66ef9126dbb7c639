"""Stages that a loop stands for: `for: m in chain[1:]` is one stage for each model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kdgraph.graph.build import Builder
from kdgraph.graph.loops import collection
from kdgraph.graph.values import Model
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.collections import EmptyCollection
from kdgraph.lang.errors.memory import EmptyStage
from kdgraph.lang.errors.names import UnknownModel
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import WrongValue
from kdgraph.lang.recipe import Function, Recipe, Stage
from kdgraph.lang.source import Span
from kdgraph.lang.write import write


@dataclass
class Unrolled:
    """The stages one by one, and what is wrong with them."""

    stages: list[Stage] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)


def unroll(
    recipe: Recipe, stages: tuple[Stage, ...], library: dict[str, Function], world: World
) -> Unrolled:
    """Write each loop over models out, and check the names of stages and their modes."""
    made = Unrolled(mistakes=_chain(recipe, world))
    seen: set[str] = set()
    for stage in stages:
        made.mistakes += _modes(stage, world)
        for one in _rounds(recipe, stage, library, world, made):
            if one.name in seen:
                made.mistakes.append(EmptyStage(span=one.span, name=one.name))
            seen.add(one.name)
            made.stages.append(one)
    return made


def _rounds(
    recipe: Recipe, stage: Stage, library: dict[str, Function], world: World, made: Unrolled
) -> list[Stage]:
    if stage.each is None:
        return [stage]
    name, things = stage.each
    build = Builder(recipe=recipe, library=library, world=world)
    many = collection(build, things, build.top)
    made.mistakes += build.mistakes.values()
    if many is None:
        return []
    models = [one.name for one in many.items if isinstance(one, Model)]
    if not many.items:
        made.mistakes.append(EmptyCollection(span=things.span, words=write(things)))
    elif len(models) < len(many.items):
        wanted, advice = "a list of models", "write `m in chain[1:]`, or name them: `m in [a1, a2]`"
        made.mistakes.append(
            WrongValue(
                span=things.span, key="for", expected=wanted, found=f"`{write(things)}`",
                advice=advice,
            )
        )  # fmt: skip
    return [
        replace(
            stage,
            name=f"{stage.name} {model}" if not stage.name.startswith("stage ") else model,
            trains=tuple((model if part == name else part, span) for part, span in stage.trains),
            bound=((name, model),),
            each=None,
        )
        for model in models
    ]


def _chain(recipe: Recipe, world: World) -> list[Diagnostic]:
    """Names of `chain:` that are no models."""
    more = "give the setting's `models:` one, or say `--set models.{name}=NETWORK`"
    return [
        _unknown(name, span, world, more.format(name=name))
        for name, span in zip(recipe.chain, recipe.chain_spans, strict=True)
        if name not in world.networks
    ]


def _unknown(name: str, span: Span, world: World, more: str = "") -> Diagnostic:
    known = ", ".join(f"`{one}`" for one in world.networks)
    advice = suggest(name, world.networks) or more or f"the models are {known}"
    return UnknownModel(span=span, name=name, advice=advice)


def _modes(stage: Stage, world: World) -> list[Diagnostic]:
    return [
        _unknown(model, span, world)
        for (model, _), span in zip(stage.mode, stage.mode_spans, strict=True)
        if model not in world.networks
    ]
