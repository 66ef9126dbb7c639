"""What is wrong with a setting and can be known before anything is read or trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kdgraph.compiler import Analysis, stage_world
from kdgraph.data import check as data_check
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.data import NoRoot
from kdgraph.lang.errors.names import UnknownOverride
from kdgraph.lang.errors.normalisation import wrong_channels
from kdgraph.lang.errors.start import StartOfAnother, StartOfNobody
from kdgraph.lang.errors.suggest import nearest, suggest
from kdgraph.lang.errors.weights import RandomTeacher, WeightsMissing
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.setting import Data, ModelSpec, Setting
from kdgraph.lang.source import Span
from kdgraph.lang.validate import validated
from kdgraph.models import known as model_names
from kdgraph.passes import lean
from kdgraph.surroundings import data_facts, data_spec

WEIGHTS = ("random", "train")


def setting_mistakes(setting: Setting) -> list[Diagnostic]:
    """Unknown data sets and networks, and weights that are no file's name.

    A root is only asked for when data are read.
    """
    found = [one for one in data_check.mistakes(data_spec(setting)) if not isinstance(one, NoRoot)]
    for name, spec in setting.models.items():
        found += _model_mistakes(name, spec, setting.spans.get(name))
        found += _channel_mistakes(name, spec, setting)
        found += _start_mistakes(name, spec, setting)
    return found


def _channel_mistakes(name: str, spec: ModelSpec, setting: Setting) -> Iterator[Diagnostic]:
    """As many numbers of `mean` and `std` as the images have channels."""
    channels = data_facts(setting).channels
    if channels is not None:
        yield from wrong_channels(name, spec.normalisation, channels, setting.spans.get(name))


def _start_mistakes(name: str, spec: ModelSpec, setting: Setting) -> Iterator[Diagnostic]:
    """What a model starts from is another model, of the same network."""
    span = setting.spans.get(name)
    source = spec.start.source if spec.start else name
    if spec.start is None:
        return
    others = [one for one in setting.models if one != name]
    if source not in others:
        advice = suggest(source, others) or f"the others are {', '.join(others)}"
        yield StartOfNobody(span=span, name=name, source=source, advice=advice)
    elif setting.models[source].name != spec.name:
        network = setting.models[source].name
        yield StartOfAnother(span=span, name=name, source=source, network=network)


def _model_mistakes(name: str, spec: ModelSpec, span: Span | None) -> Iterator[Diagnostic]:
    try:
        library, plain_name = model_names.split(spec.name, span=span)
        if not library:
            model_names.find(plain_name, span=span)
    except RecipeError as error:
        yield from error.diagnostics
    if _is_mistyped(spec.weights):
        near = suggest(spec.weights, WEIGHTS)
        yield WeightsMissing(path=spec.weights, found="no such file", near=near, span=span)
    try:
        validated(Data, None, f"models.{name}.data", {"name": "", **spec.data})
    except RecipeError as error:
        yield from error.diagnostics


def _is_mistyped(weights: str) -> bool:
    """Whether this is a mistyped `train` and not the name of a file that lies elsewhere."""
    return (
        weights not in WEIGHTS
        and weights.isidentifier()
        and nearest(weights, WEIGHTS) is not None
        and not Path(weights).exists()
    )


def idle_models(
    values: Mapping[str, object], own: Setting, recipe: Recipe, analysis: Analysis
) -> Iterator[Diagnostic]:
    """Models that `--set` adds and no loss or metric looks at: a mistyped name, most likely.

    Args:
        values: what `--set` says of `models`, nested.
        own: the setting without it.
        recipe: what is run.
        analysis: of the recipe, with it.
    """
    graphs = [built.graph for _, built in analysis.stages]
    graphs += [analysis.metrics.graph] if analysis.metrics is not None else []
    seen = {
        str(graph.node(number).op.knob("model"))
        for graph in graphs
        for word in ("tap", "apply")
        for number in graph.find(word)
    }
    for name, value in values.items():
        if name not in {*own.models, *seen, *recipe.chain}:
            advice = suggest(name, own.models) or f"the models are {', '.join(own.models)}"
            yield UnknownOverride(name=f"models.{name}", value=str(value), advice=advice)


def random_teachers(setting: Setting, analysis: Analysis) -> Iterator[RandomTeacher]:
    """Frozen models with random weights whose values reach a loss, or a table of a stage.

    A model that this stage or an earlier one trains is not frozen at random.
    """
    trained: set[str] = set()
    told: set[str] = set()
    for stage, built in analysis.stages:
        world = stage_world(analysis.world, stage)
        trained |= {name for name in world.networks if world.trains_model(name)}
        graph = lean(built.graph)
        ops = [graph.node(number).op for number in graph.dag]
        seen = {str(one.knob("model")) for one in ops if one.name in {"run", "apply"}}
        for name in sorted(seen - trained - told):
            spec = setting.models.get(name)
            if spec is not None and spec.weights == "random":
                told.add(name)
                where = f"stage `{stage.name}`" if len(analysis.stages) > 1 else "the loss"
                span = setting.spans.get(name)
                yield RandomTeacher(model=name, network=spec.name, where=where, span=span)


def stage_mistakes(recipe: Recipe) -> list[Diagnostic]:
    """Keys and kinds of the protocol entries of the recipe and of its stages."""
    found: list[Diagnostic] = []
    for node in (recipe.train, *(stage.train for stage in recipe.stages)):
        if node is None:
            continue
        try:
            validated(Protocol, node, "train")
        except RecipeError as error:
            found += error.diagnostics
    return found
