"""One recipe, one seed: its stages compiled and trained in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from kdgraph.compiler import stage_world
from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.graph.tables import rows_of
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.protocol import Protocol, Training
from kdgraph.lang.recipe import Stage
from kdgraph.lower.assemble import assemble, digest_of
from kdgraph.lower.gather import ranks_of
from kdgraph.lower.lasting import Lasting
from kdgraph.lower.prepared import Prepared
from kdgraph.lower.step import Step
from kdgraph.normalisation import Normalisation
from kdgraph.passes import lean
from kdgraph.passes.first_step import first_step
from kdgraph.passes.share_rows import share_rows
from kdgraph.train import device as devices
from kdgraph.train import optimise
from kdgraph.train.cast import STUDENT, normalised
from kdgraph.train.distributed import ALONE, World
from kdgraph.train.engine import train_stage
from kdgraph.train.evaluate import accuracy, looker
from kdgraph.train.events import Listener
from kdgraph.train.feed import near
from kdgraph.train.ground import looked_at, trained_in
from kdgraph.train.groundwork import Groundwork, ground_facts, shelf_of
from kdgraph.train.handed import Handed
from kdgraph.train.identity import condensing_of, facts_of
from kdgraph.train.measure import metrics_of
from kdgraph.train.stage import Accuracy, Outcome, StageResult
from kdgraph.train.tabulate import Tabulated
from kdgraph.train.together import told
from kdgraph.views.normalize import Normalize


@dataclass(frozen=True)
class Place:
    """Where and how a run computes."""

    device: torch.device
    world: World = ALONE
    compile: bool | str = False
    resume: bool = False
    listeners: tuple[Listener, ...] = ()
    save_every: float = 300.0


def train_recipe(  # noqa: PLR0913 - what a run is made of, each by its name
    experiment: Experiment,
    networks: Mapping[str, nn.Module],
    split: Split,
    *,
    normalisations: Mapping[str, Normalisation],
    seed: int,
    out: Path,
    place: Place,
    only: Protocol | None = None,
    elsewhere: frozenset[str] = frozenset(),
    label: str = "",
    groundwork: Groundwork | None = None,
) -> Outcome:
    """Train every stage of a recipe on networks that are there.

    Args:
        experiment: examined against what is known of these networks.
        networks: by the recipe's names; those that are trained are changed in place.
        split: the data.
        normalisations: of each network's pixels.
        seed: of everything that is drawn.
        out: the folder of checkpoints.
        place: device, ranks, listeners.
        only: protocol entries that win over all others, such as a teacher's own.
        elsewhere: parts that are trained in another stage or training; `train.groups` may
            name them.
        label: what people call this training, in place of the stage's name.
        groundwork: does the stages that no learner takes part in; else they are trained here,
            and anew.

    Raises:
        RecipeError: the recipe does not fit these networks.
    """
    if experiment.errors:
        raise RecipeError(*experiment.errors)
    prepare = normalised(normalisations)
    results: list[StageResult] = []
    found: dict[str, Accuracy] = {}
    handed = Handed()
    for number, (stage, _) in enumerate(experiment.analysis.stages, 1):
        training = experiment.training(stage, only)
        if stage.compute is not None:
            step = compile_stage(
                experiment, stage, networks, prepare, split, training, seed,
                replace(place, world=ALONE), tables=handed.tables,
            )  # fmt: skip
            handed.give(step)
            table = Tabulated(
                experiment, stage, step, networks, normalisations, split, training, place.device
            )
            shelf = shelf_of(groundwork, stage, looked_at(step.graph), out, place.save_every)
            handed.tables[stage.name] = told(place.world, partial(table.make, shelf, seed))
            continue
        ground = groundwork if groundwork and groundwork.holds(experiment, stage) else None
        here, own = (place, seed) if ground is None else (_alone(place, ground, stage), ground.seed)
        step = compile_stage(
            experiment, stage, networks, prepare, split, training, own, here, tables=handed.tables
        )
        training = _fitted(training, step, elsewhere)
        how = experiment.condensing(stage, only)
        handed.give(step)
        measures = metrics_of(
            experiment, step, networks, prepare, split, training.eval_batch, place.device,
            here.world, precision=devices.autocast(training.precision, place.device),
        )  # fmt: skip
        facts = facts_of(
            experiment, networks, normalisations, split, training, place.device, step.graph
        )
        train = partial(
            train_stage,
            step,
            split,
            experiment.analysis.views.steps,
            training,
            seed=own,
            device=here.device,
            stage=number,
            name=label or stage.name,
            graph=step.digest,
            facts=facts | condensing_of(how),
            condense=how,
            resume=here.resume,
            compile=here.compile,
            listeners=here.listeners,
            world=here.world,
            save_every=here.save_every,
            also=measures,
            networks=trained_in(experiment, stage),
            homes=experiment.analysis.homes,
        )
        if ground is None:
            done = train(out=out)
            results.append(done)
            found |= {
                model: Accuracy(done.last_accuracy(model), done.best_accuracy(model))
                for model in done.models
            }
        else:
            known = ground_facts(
                experiment, step, networks, normalisations, split, training,
                number=number, seed=own,
            )  # fmt: skip
            assistants = {name: networks[name] for name in trained_in(experiment, stage)}
            once = ground.lay(stage, step, assistants, known, partial(_in_folder, train))
            found |= dict.fromkeys(assistants, Accuracy(once.last, once.best, once.seconds))
        handed.take(step)
    if not results or STUDENT not in results[-1].models:  # it may have an earlier stage's best
        share = share_right(
            experiment, STUDENT, networks[STUDENT], normalisations[STUDENT], split, place
        )
        found[STUDENT] = Accuracy(share, found[STUDENT].best if STUDENT in found else share)
    return Outcome(tuple(results), found)


def _alone(place: Place, ground: Groundwork, stage: Stage) -> Place:
    """Where one process does a stage for all, and goes on where it was killed."""
    return replace(place, world=ALONE, resume=True, listeners=ground.listen(stage.name))


def _in_folder(train: Callable[..., StageResult], out: Path) -> StageResult:
    return train(out=out)


def compile_stage(
    experiment: Experiment,
    stage: Stage,
    networks: Mapping[str, nn.Module],
    prepare: Mapping[str, nn.Module],
    split: Split,
    training: Training,
    seed: int,
    place: Place,
    *,
    tables: Mapping[str, torch.Tensor] | None = None,
) -> Step:
    """One stage as a step on the device; of one that computes a table, its rows of a batch."""
    built = experiment.analysis.built(stage.name)
    world = stage_world(experiment.world, stage)
    for network in (*networks.values(), *prepare.values()):
        network.to(place.device)
    rows = next(iter(split.train.read([torch.arange(min(2, len(split.train)))]))).pixels
    several = place.world.size > 1
    for name in networks:
        networks[name].train(world.mode(name) == "train")  # spares the step the setting of flags
    graph = lean(built.graph if stage.compute is None else rows_of(built.graph))
    whole = share_rows(graph) if several else graph
    step = assemble(
        whole,
        world,
        networks,
        sample=rows.to(place.device),
        seed=seed,
        prepare=prepare,
        ranks=ranks_of(place.world.rank, place.world.size) if several else None,
        digest=digest_of(graph),
        lasting=Lasting(
            labels=split.train.labels,
            stage=stage.name,
            first=first_step(whole),
            tables=tables or {},
        ),
    )
    step.models = {name: Prepared(prepare[name], network) for name, network in networks.items()}
    step.autocast.precision = devices.autocast(training.precision, place.device)
    return step


def trained_by(step: Step) -> list[optimise.Trained]:
    """The parameters that a step moves."""
    return [optimise.Trained(*one) for one in step.trained()]


def _fitted(training: Training, step: Step, elsewhere: frozenset[str]) -> Training:
    """The protocol without settings for parts that are trained, but not in this stage."""
    idle = elsewhere - {key for one in trained_by(step) for key in optimise.keys(one)}
    groups = tuple((key, rates) for key, rates in training.groups if key not in idle)
    return replace(training, groups=groups)


def share_right(
    experiment: Experiment,
    model: str,
    network: nn.Module,
    normalisation: Normalisation,
    split: Split,
    place: Place,
) -> float:
    """The accuracy of a network that is not trained here, in the precision of training."""
    protocol = experiment.protocol()
    home = experiment.analysis.homes[model]
    return accuracy(
        Prepared(Normalize(normalisation.mean, normalisation.std), network).to(place.device),
        near(split.test, place.device),
        looker(experiment.analysis.views.steps, [home]),
        batch=protocol.eval_batch,
        device=place.device,
        autocast=devices.autocast(protocol.precision, place.device),
        world=place.world,
        view=home,
    )
