"""What must hold for every pass on every recipe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest
import torch

import kdgraph
from kdgraph import files
from kdgraph.compiler import analyse
from kdgraph.graph.graph import LossGraph, Op
from kdgraph.lang.find import load_text
from kdgraph.lang.override import overridden
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Recipe
from kdgraph.models.build import build
from kdgraph.passes import PIPELINE, lean
from kdgraph.spare import names
from tests.golden.networks import network, world
from tests.graph.stand_ins import stand_ins

DRAFTS = Path(__file__).parents[1] / "graph" / "recipes"
PATHS = [*files.recipes(), *sorted(DRAFTS.glob("*.kd"))]
IDS = [f"{path.parent.name}/{path.stem}" for path in PATHS]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def graphs(recipe: Recipe) -> dict[str, LossGraph]:
    """The graph of each stage, before any pass."""
    known = [network(name, 128 if "bingo" in recipe.name else 10) for name in models(recipe)]
    with stand_ins():
        analysis = analyse(recipe, world(*known, chain=recipe.chain))
    assert not analysis.errors, analysis.errors
    return {stage.name: built.graph for stage, built in analysis.stages}


def models(recipe: Recipe) -> tuple[str, ...]:
    """A teacher, a student, and whom else the recipe names."""
    more = ("peer",) if "peer" in names(recipe) else ()
    return recipe.chain or ("teacher", *more, "student")


def read(path: Path) -> Recipe:
    return read_recipe(load_text(path))


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_a_pass_twice_is_once(path):
    for first in graphs(read(path)).values():
        graph = first
        for one in PIPELINE:
            graph = one(graph)
            assert str(one(graph)) == str(graph), one.__name__


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_a_pass_leaves_a_valid_graph(path):
    for first in graphs(read(path)).values():
        graph = first
        terms = [term.name for term in graph.terms]
        outputs = list(graph.outputs)
        for one in PIPELINE:
            before = str(graph)
            made = one(graph)
            assert str(graph) == before, f"{one.__name__} changes the graph it is given"
            graph = made
            is_valid(graph)
            assert list(graph.outputs) == outputs
            kept = [term.name for term in graph.terms]
            assert kept == [name for name in terms if name in kept]


def who(op: Op) -> tuple[object, object]:
    """The model that a run is of, and the memory of its weights, if it runs with averages."""
    return op.knob("model"), op.knob("mean")


def is_valid(graph: LossGraph) -> None:
    assert nx.is_directed_acyclic_graph(graph.dag)
    assert graph.roots() <= set(graph.dag)
    assert graph.needed(graph.roots()) == set(graph.dag), "nothing is left that nobody asks for"
    assert graph.order() == sorted(graph.dag) == list(range(len(graph.dag)))
    for number in graph.dag:
        slots = [slot for slot, _ in graph.inputs(number)]
        assert len(slots) == len(set(slots))
    names = [graph.node(one).op.knob("name") for one in graph.find("param")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_after_all_passes_each_model_runs_as_few_times_as_it_can(path):
    recipe = read(path)
    for graph in graphs(recipe).values():
        made = lean(graph)
        runs = [(who(made.node(one).op), made.sources(one)) for one in made.find("run")]
        assert len(runs) == len(set(runs))
        assert not list(made.find("tap"))
        if recipe.forward == "joint":
            assert len({model for model, _ in runs}) == len(runs)


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_what_reads_memory_has_no_inputs_and_what_writes_it_has_no_readers(path):
    for graph in graphs(read(path)).values():
        made = lean(graph)
        for number in made.dag:
            op = made.node(number).op
            assert not (op.reads and op.writes)
            assert not op.writes or not list(made.dag.successors(number))
        written = [name for one in made.dag for name in made.node(one).op.writes]
        recalled = {name for one in made.find("recall") for name in made.node(one).op.reads}
        assert sorted(written) == sorted(recalled)


RECIPES = files.folder("recipes")


@pytest.mark.parametrize(
    ("path", "weight", "without"),
    [
        (RECIPES / "icd.kd", "λ", "sup + β·(contrast + α·kl_inv)"),
        (RECIPES / "icd.kd", "α", "sup + λ·kd + β·contrast"),
        (RECIPES / "icd.kd", "β", "sup + λ·kd"),
        (RECIPES / "kd.kd", "α", "γ·sup"),
        (RECIPES / "at.kd", "β", "sup"),
        (DRAFTS / "crd.kd", "β", "sup"),
        (DRAFTS / "crd-ensemble.kd", "β", "sup"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_a_weight_of_zero_is_a_term_that_was_never_written(path, weight, without):
    recipe = read(path)
    (zero,) = graphs(overridden(recipe, {weight: 0})).values()
    (never,) = graphs(overridden(recipe, {"loss": without})).values()

    assert str(lean(zero)) == str(lean(never))


def test_labels_and_numbers_that_look_alike_stay_two():
    recipe = read(DRAFTS / "hsakd.kd")
    for graph in graphs(recipe).values():
        made = lean(graph)
        joint = [one for one in made.dag if made.node(one).sort == "Labels"]
        inside = {source for one in joint for source in made.sources(one)}
        numbers = [made.node(one).op for one in inside if made.node(one).op.name == "const"]
        assert all(isinstance(op.knob("value"), int) for op in numbers)
    assert repr(Op("const", (("value", 4),))) != repr(Op("const", (("value", 4.0),)))


RUNS = [path for path in PATHS if path.parent != DRAFTS or path.stem == "kcd"]


@pytest.fixture
def _double():
    """What a recipe makes of labels and numbers alone has the default precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("path", RUNS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_loss_and_gradients_are_the_same_with_and_without_passes(path):
    plain, lean_ = (outcome(path, optimise=optimise) for optimise in (False, True))

    assert plain.keys() == lean_.keys()
    for name, value in plain.items():
        torch.testing.assert_close(lean_[name], value, rtol=1e-9, atol=1e-9, msg=name)


CHANNELS = {"crd-crossmodal": {"teacher": 1, "student": 2}}
"""of models that see something else than the images"""


def outcome(path: Path, *, optimise: bool) -> dict[str, torch.Tensor]:
    """Total, terms, and every gradient of a recipe on tiny networks."""
    torch.manual_seed(5)
    recipe = read(path)
    channels = CHANNELS.get(path.stem, {})
    networks = {
        name: build("convnet8", 10, channels=channels.get(name, 3)).double()
        for name in models(recipe)
    }
    images = torch.rand(6, 3, 8, 8, dtype=torch.float64)
    step = kdgraph.compile(
        recipe,
        models=networks,
        sample=images,
        labels=torch.arange(50) % 10,
        set={"K": 20} if "K" in recipe.where else {},
        classes=10,
        seed=3,
        dtype=torch.float64,
        optimise=optimise,
    )
    step.clock(epoch=2, epochs=24, step=30)
    views = {
        name: images[:, : (step.world.views[name].sizes or (3,))[0]].repeat(
            step.world.views[name].rows or 1, 1, 1, 1
        )
        for name in step.inputs
        if name in step.world.views
    }
    views |= {name: torch.tensor(0.3) for name in step.inputs if name.startswith("share(")}
    out = step(views or images, torch.arange(6) % 10, torch.arange(6))
    out.total.backward()
    found = {"total": out.total, **out.terms}
    named = [*step.named_parameters(), *networks["student"].named_parameters(prefix="student")]
    found |= {f"gradient of {name}": one.grad for name, one in named if one.grad is not None}
    assert len(found) > 10
    return {name: value.detach().clone() for name, value in found.items()}
