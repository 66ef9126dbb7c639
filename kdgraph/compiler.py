"""The whole story on one page: from a recipe's text to a training step.

    stage        in                     out                   where
    read         text                   Recipe                lang/read.py
    plan views   views:                 list of ViewSteps     graph/views.py
    build        Recipe, World          LossGraph, mistakes   graph/lossgraph.py
    passes       LossGraph              lean LossGraph        passes/
    lower        lean LossGraph         torch.fx.GraphModule  lower/program.py
    step         GraphModule, networks  Step (nn.Module)      lower/step.py

Everything down to the passes runs without torch; `check` uses no more than that unless the
sizes inside real networks are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kdgraph.graph.given import types_of_given
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.idle import idle
from kdgraph.graph.large_metrics import large_metrics
from kdgraph.graph.lossgraph import Built, build_loss, build_metrics
from kdgraph.graph.network import Network
from kdgraph.graph.sight import homes, sight_mistakes
from kdgraph.graph.stages import unroll
from kdgraph.graph.tables import TABLE, rows_of, table_of
from kdgraph.graph.views import ViewPlan, plan_views
from kdgraph.graph.vocabulary import hidden_words, library
from kdgraph.graph.world import Given, World
from kdgraph.lang.arguments import check_values, names_in, whole_number
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.graph import AllFrozen
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.find import source_of
from kdgraph.lang.override import overridden
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Recipe, Stage
from kdgraph.lang.syntax import Call, Name, Syntax
from kdgraph.passes import lean
from kdgraph.passes.first_step import first_step
from kdgraph.passes.share_rows import meets, needs_others, share_rows
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from torch.distributed import ProcessGroup

    from kdgraph.lower.step import Step

STUDENT_STAGE = "student"
NOTHING = frozenset({""})
"""what a measurement trains, and a stage that computes a table"""


@dataclass(frozen=True)
class Analysis:
    """A recipe against a world: its views, its stages' graphs, and every mistake.

    Attributes:
        homes: the view that each model is built for, taught on and measured with.
    """

    recipe: Recipe
    world: World
    views: ViewPlan
    stages: tuple[tuple[Stage, Built], ...]
    mistakes: tuple[Diagnostic, ...]
    metrics: Built | None = None
    homes: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The mistakes that stop a run; the rest are warnings."""
        return tuple(one for one in self.mistakes if one.severity == "error")

    def home_image(self, model: str) -> tuple[int, ...] | None:
        """Channels, height and width of what a model sees at home, where they are known."""
        view = self.world.views.get(self.homes.get(model, "x"))
        sizes = view.sizes if view is not None else None
        whole = tuple(size for size in sizes or () if size is not None)
        return whole if sizes is not None and len(whole) == len(sizes) else self.world.image

    def built(self, stage: str | None = None) -> Built:
        """The graph of a stage; the last one where no name is given."""
        if stage is None:
            return self.stages[-1][1]
        found = {one.name: built for one, built in self.stages}
        if stage not in found:
            msg = f"the recipe has the stages {', '.join(found)}, not {stage!r}"
            raise ValueError(msg)
        return found[stage]


def load(recipe: str | Path | Recipe, set: Mapping[str, object] | None = None) -> Recipe:  # noqa: A002 - the word of the command line
    """Read a recipe.

    Args:
        recipe: a path, the name of a shipped recipe, the text of one, or a recipe.
        set: values for names of the recipe, as `--set` takes them: `{"β": 0.5}`.

    Raises:
        RecipeError: with every mistake of the text.
        TypeError: an argument is of another type.
    """
    check_values("set", set)
    if not isinstance(recipe, Recipe):
        recipe = read_recipe(source_of(recipe))
    return overridden(recipe, set or {}) if set else recipe


def analyse(recipe: Recipe, world: World, augment: Syntax | None = None) -> Analysis:
    """Build every stage of a recipe, and collect what is wrong with it."""
    plan = plan_views(recipe, augment, library(), world)
    world = replace(world, views=plan.views)
    types = types_of_given(recipe, library(), world, sorted(world.given))
    tries = [types, *(_without(types, name) for name in types), {}] if types else [{}]
    found = [_analysed(recipe, replace(world, types=tries[0]), plan)]
    for fewer in tries[1:]:  # the expression of a name may be there only to be replaced: `v: 1`
        if not found[-1].errors:
            break
        found.append(_analysed(recipe, replace(world, types=fewer), plan))
    return found[-1]


def _without(types: Mapping[str, Given], name: str) -> dict[str, Given]:
    return {one: known for one, known in types.items() if one != name}


def _analysed(recipe: Recipe, world: World, plan: ViewPlan) -> Analysis:
    mistakes = list(plan.mistakes)
    built: list[tuple[Stage, Built]] = []
    used = set(plan.used)
    stages = recipe.stages or (Stage(STUDENT_STAGE, recipe.source_span),)
    unrolled = unroll(recipe, stages, library(), world)
    mistakes += [*unrolled.mistakes, *hidden_words()]
    for stage in unrolled.stages:
        inside = stage_world(world, stage)
        made = build_loss(recipe, stage, library(), inside)
        used |= made.used
        mistakes += made.mistakes
        built.append((stage, made))
        if stage.compute is not None and TABLE in made.graph.outputs:
            table = table_of(made.graph, world.examples)
            world = replace(world, computed={**world.computed, stage.name: table})
    metrics = None
    if recipe.metrics:
        measured = replace(world, trains=NOTHING, computed={})
        metrics = build_metrics(recipe, library(), measured)
        used |= metrics.used
        mistakes += [*metrics.mistakes, *large_metrics(metrics.graph, world.tests)]
    graphs = [one.graph for _, one in built] + ([metrics.graph] if metrics is not None else [])
    mistakes += sight_mistakes(world, graphs)
    if not any(one.severity == "error" for one in mistakes):
        mistakes += idle(recipe, used)
    unique = {(one.code, one.headline, one.span): one for one in mistakes}
    ordered = sorted(unique.values(), key=_place)
    at_home = homes(world, graphs)
    return Analysis(recipe, world, plan, tuple(built), tuple(ordered), metrics, at_home)


def images_seen(
    recipe: Recipe, world: World, augment: Syntax | None = None
) -> dict[str, tuple[int, ...] | None]:
    """Channels, height and width of the images that each model is built for."""
    views = plan_views(recipe, augment, library(), world).views.values()
    if all(view.sizes in {None, world.image} for view in views):
        return dict.fromkeys(world.networks, world.image)
    analysis = analyse(recipe, world, augment)
    return {name: analysis.home_image(name) for name in world.networks}


def stage_world(world: World, stage: Stage) -> World:
    """The world as one stage sees it: what it trains, and in which modes."""
    trains = frozenset(name for name, _ in stage.trains) if stage.compute is None else NOTHING
    return replace(world, trains=trains, modes=dict(stage.mode))


def _place(mistake: Diagnostic) -> tuple[str, int]:
    span = mistake.span
    return (span.source.path, span.start) if span else ("", 0)


def compile(  # noqa: A001, PLR0913 - the word people expect; each argument is one of the design's
    recipe: str | Path | Recipe,
    *,
    models: Mapping[str, nn.Module],
    sample: Tensor,
    given: Sequence[str] = (),
    set: Mapping[str, object] | None = None,  # noqa: A002 - the word of the command line
    stage: str | None = None,
    classes: int | None = None,
    examples: int | None = None,
    labels: Tensor | Sequence[int] | None = None,
    tables: Mapping[str, Tensor] | None = None,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    optimise: bool = True,
    group: ProcessGroup | Literal["alone"] | None = None,
) -> Step:
    """Compile a recipe for your own models, for your own training loop.

        step = kdgraph.compile("icd.kd", models={"teacher": t, "student": s}, sample=x)
        out = step(x, y, i)
        out.total.backward(); optimiser.step(); step.commit()

    Args:
        recipe: a path, the name of a shipped recipe, or its text.
        models: any modules of one tensor, by the recipe's names for them.
        sample: a batch as the networks will see it, as the recipe's views are given it where
            they change its channels; shape, dtype and device count.
        given: names of `where` that become inputs of the step, for ablations; a memory's
            name, such as `M_s`, is given to the first call alone, as its start.
        set: values for names, as `--set` takes them.
        stage: the name of a stage; the last one otherwise. Of one that computes a table the step
            gives the rows of a batch, as `out.outputs["rows"]`.
        classes: how many classes there are; else the student's.
        examples: how many training examples there are, where the recipe asks for it; else as
            many as `labels`.
        labels: of all training examples, where negatives are drawn by class: whole numbers in a
            tensor, an array or a list.
        tables: what the stages before have computed (`compute:`), by their names.
        seed: decides the random start of the recipe's modules.
        dtype: of modules and constants; else float32, or float64 where the sample or a network is.
        optimise: False leaves out the passes that only make the step faster.
        group: the processes that train together, each with its rows of a batch: the loss is that
            of all their rows, and memory holds what all of them say. By default all processes of
            `torch.distributed`, where it is initialised; `"alone"` for this process's rows.

    Raises:
        RecipeError: with every mistake of the recipe against these models.
        TypeError: an argument is of another type.
        ValueError: an argument is out of range, or names what the recipe does not have.
    """
    from kdgraph.lower import arguments
    from kdgraph.lower.assemble import assemble, digest_of
    from kdgraph.lower.lasting import Lasting
    from kdgraph.lower.live import live_network
    from kdgraph.lower.peers import peers_of

    models, given = arguments.models_in(models), names_in("given", given)
    arguments.check_sample(sample)
    arguments.check_dtype(dtype)
    seed = whole_number("seed", seed)
    classes = None if classes is None else whole_number("classes", classes, 1)
    examples = None if examples is None else whole_number("examples", examples, 1)
    labels = None if labels is None else arguments.labels_in(labels)
    if labels is not None and examples not in {None, len(labels)}:
        msg = f"there are {examples} examples, but {len(labels)} labels"
        raise ValueError(msg)
    read = load(recipe, set)
    plain = _values_given(read, given)
    if labels is not None:
        examples = len(labels)
    image = tuple(sample.shape[1:])
    world = World(
        networks={name: Network(name) for name in models},
        classes=classes,
        counted=classes is not None,
        examples=examples,
        batch=len(sample),
        image=image,
        given=frozenset(plain),
        chain=read.chain,
    )
    seen = images_seen(read, world)
    networks = {name: live_network(name, one, seen[name] or image) for name, one in models.items()}
    student = networks.get(STUDENT_STAGE)
    counted = classes or (student.classes if student else None)
    analysis = analyse(read, replace(world, networks=networks, classes=counted))
    if analysis.errors:
        raise RecipeError(*analysis.errors)
    built = analysis.built(stage)
    chosen = next(one for one, made in analysis.stages if made is built)
    inside = stage_world(analysis.world, chosen)
    whole = built.graph if chosen.compute is None else rows_of(built.graph)
    graph = lean(whole, optimise=optimise)
    starts = _memory_given(read, graph, [name for name in given if name not in plain])
    peers = peers_of(group) if chosen.compute is None else None
    shared = share_rows(graph)
    lowered = graph if peers is None else shared
    computed = arguments.tables_in(tables or {}, analysis.world.computed)
    lasting = Lasting(examples, labels, chosen.name, first_step(lowered), starts, computed)
    step = assemble(
        lowered, inside, dict(models), sample=sample, seed=seed, dtype=dtype, lasting=lasting,
        ranks=replace(peers, meets=meets(shared)).ranks() if peers is not None else None,
        digest=digest_of(graph),
    )  # fmt: skip
    step.expects.sides_matter = partial(
        _sides_matter, read, analysis.world, chosen.name, graph, optimise=optimise
    )
    alone = peers is None and group is None and chosen.compute is None
    step.needs_peers = alone and needs_others(shared)
    if graph.terms and not step.trained():
        learners = [name for name in models if inside.trains_model(name)]
        parts = ", ".join(f"`{one}`" for one in learners) or f"stage `{chosen.name}`"
        raise RecipeError(AllFrozen(parts=parts))
    return step


def _sides_matter(
    recipe: Recipe,
    world: World,
    stage: str,
    graph: LossGraph,
    *,
    optimise: bool,
) -> bool:
    """Whether a lean graph is another one where the height and width of images are not known."""
    networks = {
        name: replace(one, sizes={path: _sideless(sizes) for path, sizes in one.sizes.items()})
        for name, one in world.networks.items()
    }
    open_world = replace(world, networks=networks, image=_sideless(world.image or ()) or None)
    analysis = analyse(recipe, open_world)
    if analysis.errors:
        return True
    built = analysis.built(stage).graph
    whole = rows_of(built) if TABLE in built.outputs else built
    return _operations(lean(whole, optimise=optimise)) != _operations(graph)


def _sideless(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The first of several sizes, the others left open as `None`, which a graph's axes take."""
    return (*sizes[:1], *(None for _ in sizes[1:]))  # type: ignore[arg-type]  # only `Axis` reads it


def _operations(graph: LossGraph) -> list[object]:
    """What a graph computes, without what is known of it."""
    made = graph.renumbered()
    return [(str(made.node(one).op), made.inputs(one)) for one in made.order()]


def _values_given(recipe: Recipe, given: Sequence[str]) -> list[str]:
    """The names to be given that are values of `where`; the others may be memory."""
    known = {*recipe.where, *recipe.inner_names}
    return [
        name
        for name in given
        if name in known and not (name in recipe.where and _is_memory(recipe.where[name].tree))
    ]


def _is_memory(tree: Syntax) -> bool:
    word = tree.callee.id if isinstance(tree, Call) and isinstance(tree.callee, Name) else ""
    made = REGISTRY.get(word)
    return made is not None and made.kind == "memory"


def _memory_given(recipe: Recipe, graph: LossGraph, given: Sequence[str]) -> dict[str, str]:
    """The memory that is meant by each name: its full name, or the end of only one."""
    full = [str(graph.node(n).op.knob("name")) for n in graph.find("write")]
    found: dict[str, str] = {}
    for name in given:
        meant = [one for one in full if one == name or one.endswith(f".{name}")]
        if len(meant) != 1:
            known = {*recipe.where, *full}
            several = f"it could be {' or '.join(meant)}" if meant else ""
            near = several or suggest(name, known) or f"it has {', '.join(sorted(known))}"
            msg = f"the recipe has no name {name!r} in `where`: {near}"
            raise ValueError(msg)
        found[name] = meant[0]
    return found
