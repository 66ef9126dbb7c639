"""What must hold for every recipe that travels with the package, by its file being there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from kdgraph import files
from kdgraph.compiler import load as load_recipe
from kdgraph.data.images import Batch, Split
from kdgraph.data.load import load
from kdgraph.examination import examined
from kdgraph.experiment import Experiment, examine
from kdgraph.lang.recipe import Stage
from kdgraph.lower.step import Out, Step
from kdgraph.lower.tapped import Tapped
from kdgraph.normalisation import Normalisation
from kdgraph.surroundings import data_facts
from kdgraph.train.cast import build_model, normalisation_of, normalised, on_networks
from kdgraph.train.method import Place, compile_stage
from kdgraph.train.shelf import Shelf
from kdgraph.train.tabulate import Tabulated
from kdgraph.views.program import run as look

RECIPES = [path.stem for path in files.recipes()]
STEPS, ROWS = 2, 8


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tiny(recipe: str) -> Experiment:
    """The recipe on its own setting, whose data are made up: as many classes, of the same size."""
    real = data_facts(examine(recipe).setting)
    sizes = {"classes": real.classes, "channels": real.channels, "size": real.height}
    told = {"name": "synthetic", "limit": 4 * ROWS, "test_limit": 4, "fraction": 1.0} | sizes
    values: dict[str, object] = {f"data.{key}": value for key, value in told.items()}
    if "K" in load_recipe(recipe).where:
        values["K"] = 2 * ROWS  # there are fewer examples than a recipe expects
    return examine(recipe, None, values)


class Trained:
    """Every stage of a recipe after two steps, with what was there before and after them."""

    def __init__(self, recipe: str) -> None:
        experiment = tiny(recipe)
        split = load(experiment.data)
        self.networks = {
            name: build_model(name, experiment, split, 0).network
            for name in experiment.setting.models
        }
        self.experiment = on_networks(experiment, self.networks, split)
        self.tables: dict[str, Tensor] = {}
        self.stages: list[Taught] = []
        for number, (stage, _) in enumerate(self.experiment.analysis.stages, 1):
            if stage.compute is None:
                self.stages.append(Taught(self, stage, number, split))
            else:
                self.tables[stage.name] = self.table(stage, split)

    @property
    def scales(self) -> dict[str, Normalisation]:
        """What the pixels of each network are normalised with."""
        return {name: normalisation_of(self.experiment, name, self.split) for name in self.networks}

    def step(self, stage: Stage, split: Split) -> Step:
        """A stage, put together."""
        self.split = split
        return compile_stage(
            self.experiment, stage, self.networks, normalised(self.scales), split,
            self.experiment.training(stage), 0, Place(torch.device("cpu")), tables=self.tables,
        )  # fmt: skip

    def table(self, stage: Stage, split: Split) -> Tensor:
        """What a stage computes; it leaves the networks as they are."""
        before = {name: state(one) for name, one in self.networks.items()}
        computed = Tabulated(
            self.experiment, stage, self.step(stage, split), self.networks, self.scales, split,
            self.experiment.training(stage), torch.device("cpu"),
        )  # fmt: skip
        with TemporaryDirectory() as folder:
            shelf = Shelf(Path(folder), lambda: None, lambda _: None, lambda: None)
            made = computed.make(shelf, seed=0)
        for name, one in self.networks.items():
            assert all(torch.equal(value, state(one)[key]) for key, value in before[name].items())
        assert len(made) == len(split.train)
        return made


class Taught:
    """One stage after two steps of plain gradient descent."""

    def __init__(self, whole: Trained, stage: Stage, number: int, split: Split) -> None:
        self.stage, self.networks = stage, whole.networks
        training = whole.experiment.training(stage)
        self.step = whole.step(stage, split)
        modes = {name: noted(one) for name, one in whole.networks.items()}
        for name in self.fixed:
            whole.networks[name].train()  # as a container that holds it would
        self.step.train()
        self.trained = [parameter for *_, parameter in self.step.trained()]
        self.before = {name: state(one) for name, one in whole.networks.items()}
        self.outs: list[Out] = []
        steps = whole.experiment.analysis.views.steps
        for done, batch in enumerate(split.train.read(torch.arange(STEPS * ROWS).split(ROWS))):
            self.step.clock(epoch=1, epochs=training.epochs, step=done)
            views = look(
                steps, batch.pixels, batch.examples, seed=0, stage=number, epoch=1, train=True,
                step=done, asked=self.step.asked(batch.labels, batch.examples),
                others=lambda numbers: next(iter(split.train.read([numbers]))).pixels,
            )  # fmt: skip
            self.descend(views, batch)
        self.after = {name: state(one) for name, one in whole.networks.items()}
        self.gradients = {name: one.grad for name, one in self.parameters().items()}
        self.modes = {name: frozenset(found) for name, found in modes.items()}

    def parameters(self) -> dict[str, nn.Parameter]:
        """All there are: of the step, and of every network, looked at or not."""
        named = {f"step.{name}": one for name, one in self.step.named_parameters()}
        for model, network in self.networks.items():
            named |= {f"{model}.{name}": one for name, one in network.named_parameters()}
        return named

    def descend(self, views: dict[str, Tensor], batch: Batch) -> None:
        for one in self.parameters().values():
            one.grad = None
        self.views = views
        out = self.step(views, batch.labels, batch.examples)
        out.total.backward()
        with torch.no_grad():
            for one in self.trained:
                if one.grad is not None:
                    one.sub_(one.grad, alpha=1e-3)
        self.step.commit()
        self.outs.append(out)

    def beyond(self) -> set[int]:
        """Parameters of a model behind all that the loss looks at: a first stage on maps."""
        found: set[int] = set()
        graph, world = self.step.graph, self.step.world
        for number in graph.find("run"):
            op, view = graph.node(number).op, graph.node(graph.sources(number)[0]).op
            model, taps = str(op.knob("model")), op.knob("taps")
            network = self.networks[model]
            if model not in self.taught or "logits" in taps:
                continue
            seen = self.views[str(view.knob("name"))].float()
            places = Tapped(network, [world.networks[model].path(tap) for tap in taps])
            total = sum(value.sum() for value in places(seen))
            own = list(network.parameters())
            reached = torch.autograd.grad(total, own, allow_unused=True)
            found |= {id(one) for one, by in zip(own, reached, strict=True) if by is None}
        for op in (graph.node(number).op for number in graph.find("apply")):
            module = self.networks[str(op.knob("model"))].get_submodule(str(op.knob("path")))
            found -= {id(one) for one in module.parameters()}
        return found

    @property
    def taught(self) -> list[str]:
        """The models that this stage trains."""
        return [name for name in self.networks if self.step.world.trains_model(name)]

    @property
    def fixed(self) -> list[str]:
        """The models that this stage must not touch; `mode: {teacher: train}` lets buffers go."""
        freed = {name for name, mode in self.stage.mode if mode == "train"}
        return [name for name in self.networks if name not in {*self.taught, *freed}]


def noted(network: nn.Module) -> set[bool]:
    """The modes that a network's modules are in when they run, filled in as they do."""
    found: set[bool] = set()
    for module in network.modules():
        module.register_forward_pre_hook(lambda module, _: found.add(module.training))
    return found


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: one.detach().clone() for name, one in network.state_dict().items()}


@cache
def trained(recipe: str) -> Trained:
    return Trained(recipe)


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_checks_clean(recipe: str):
    assert [str(one) for one in examine(recipe).analysis.mistakes] == []
    assert [str(one) for one in examined(recipe).analysis.mistakes] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_checks_clean_against_the_real_networks(recipe: str):
    assert [str(one) for one in trained(recipe).experiment.analysis.mistakes] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_steps_give_finite_terms_whose_weighted_sum_is_the_loss(recipe: str):
    for stage in trained(recipe).stages:
        assert len(stage.outs) == STEPS
        for out in stage.outs:
            assert out.total.isfinite()
            parts = [out.weights[name] * value for name, value in out.terms.items()]
            torch.testing.assert_close(out.total, sum(parts))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_trainable_parameter_has_a_gradient_and_nothing_else_does(recipe: str):
    for stage in trained(recipe).stages:
        wanted = {id(one) for one in stage.trained} - stage.beyond()
        assert wanted
        assert wanted <= {id(one) for one in stage.parameters().values()}
        for name, one in stage.parameters().items():
            gradient = stage.gradients[name]
            assert (gradient is not None) == (id(one) in wanted), f"{stage.stage.name}: {name}"
            assert gradient is None or gradient.isfinite().all(), name


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_gradient_of_every_model_that_learns_is_more_than_zeros(recipe: str):
    for stage in trained(recipe).stages:
        for model in stage.taught:
            own = [g for name, g in stage.gradients.items() if name.startswith(f"{model}.")]
            reached = [gradient for gradient in own if gradient is not None]
            assert reached
            assert all(gradient.any() for gradient in reached if gradient.ndim > 1)


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_teaches_is_the_same_to_the_bit_buffers_included(recipe: str):
    for stage in trained(recipe).stages:
        for model in stage.fixed:
            assert True not in stage.modes[model], model
            for name, one in stage.before[model].items():
                assert torch.equal(one, stage.after[model][name]), f"{model}.{name}"


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_batch_norm_of_what_is_taught_does_follow(recipe: str):
    for stage in trained(recipe).stages:
        for model in stage.taught:
            norms = {
                f"{name}.running_mean"
                for name, one in stage.networks[model].named_modules()
                if isinstance(one, _BatchNorm)
            }
            assert norms
            for name in norms:
                assert not torch.equal(stage.before[model][name], stage.after[model][name]), name
