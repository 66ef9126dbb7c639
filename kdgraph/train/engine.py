"""`train_stage`: a step, images and a protocol in, trained weights and their history out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from kdgraph.data.batches import order
from kdgraph.data.images import Batch, Examples, Split
from kdgraph.data.pool import Pool
from kdgraph.lang.condense import Condensing
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.batch import UnevenEpoch
from kdgraph.lang.errors.run import NothingTrained
from kdgraph.lang.protocol import Training
from kdgraph.lower.step import Step
from kdgraph.train import device as devices
from kdgraph.train import manifest, optimise
from kdgraph.train.checkpoint import Checkpoints
from kdgraph.train.condense import Condenser
from kdgraph.train.distributed import ALONE, World, launched, wrap
from kdgraph.train.evaluate import accuracy, looker, measured, needed
from kdgraph.train.events import Listener, Warned, tell
from kdgraph.train.feed import Feed, fewest_rows, near
from kdgraph.train.interrupt import interruptible
from kdgraph.train.ledger import Ledger
from kdgraph.train.loop import Loop
from kdgraph.train.record import Recorder
from kdgraph.train.snapshot import Snapshot
from kdgraph.train.stage import StageResult, measure_of
from kdgraph.train.update import Updater
from kdgraph.train.watch import Watch
from kdgraph.train.worth import Worth
from kdgraph.views.program import run
from kdgraph.viewstep import ViewStep

MODES = ("reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def train_stage(  # noqa: PLR0913 - what a run is made of, each by its name
    step: Step,
    split: Split,
    view_steps: Sequence[ViewStep],
    training: Training,
    *,
    seed: int,
    out: Path,
    device: torch.device,
    stage: int = 1,
    name: str = "student",
    graph: str = "",
    facts: Mapping[str, str] | None = None,
    resume: bool = False,
    compile: bool | str = False,  # noqa: A002 - the word of the command line
    listeners: Sequence[Listener] = (),
    world: World = ALONE,
    networks: Sequence[str] = ("student",),
    homes: Mapping[str, str] | None = None,
    evaluate: Callable[[], Mapping[str, float]] | None = None,
    also: Callable[[], Mapping[str, float]] | None = None,
    numbers: Callable[[int], Tensor] | None = None,
    condense: Condensing | None = None,
    log_every: int = 50,
    save_every: float = 300.0,
) -> StageResult:
    """Train one stage to its end, on every rank.

    A stage that has been trained to its end before is not trained again with `resume`: its
    weights are loaded and its result is given. So a run of several stages resumes by going
    through all of them.

    Args:
        step: the compiled stage.
        split: training and test images.
        view_steps: the views of the recipe.
        training: the protocol in numbers.
        seed: with the stage, epoch and step it decides every random draw.
        out: the run's folder; checkpoints go to `checkpoints/<stage>` in it.
        device: where everything computes.
        stage: counted from 1.
        name: of the stage, for people.
        graph: the hash of the loss graph; a checkpoint of another one is refused.
        facts: what else a checkpoint must agree in, each by a name for people.
        resume: go on from the newest checkpoint, if there is one.
        compile: compile the step; a text names the backend or inductor's mode.
        listeners: told what happens; on rank 0 only.
        world: the processes that train together.
        networks: the models that are evaluated after each epoch, those of them that this stage
            trains; the first one's accuracy decides the best epoch.
        homes: the view that each of these models is measured with, where it is not `x`.
        also: further measures after each epoch, by name.
        evaluate: measures in place of the accuracies of `networks`; `accuracy` decides the best.
        numbers: the examples of an epoch in order, in place of all in a random one.
        condense: how the training set is condensed; then `numbers` are its own.
        log_every: steps between two journal entries, and between two looks at the flag.
        save_every: seconds between two checkpoints within an epoch.

    Raises:
        RecipeError: a loss was not finite, the checkpoint is another run's, nothing is trained.
        Interrupted: Ctrl-C; the checkpoint is written. Exits with 130 if nobody catches it.
    """
    trained = tuple(optimise.Trained(*one) for one in step.trained())
    if not trained:
        raise RecipeError(NothingTrained(stage=name))
    step.to(device)
    devices.settle(step.models.values(), device)
    step.train()
    least = fewest_rows(step)
    train_set, test_set = near(split.train, device), near(split.test, device)
    condenser = _condenser(condense, train_set, device, world)
    feed = Feed(condenser.pool if condenser else train_set, training, world, device, least)
    _warn_uneven(feed, listeners)
    _compile(step, choice=compile)
    at_home = dict.fromkeys(networks, "x") | dict(homes or {})
    look_again = looker(view_steps, at_home.values())

    seen = needed(view_steps, *step.inputs)

    def look(batch: Batch, epoch: int, number: int) -> Mapping[str, Tensor]:
        return run(
            seen, batch.pixels, batch.examples, seed=seed, stage=stage, epoch=epoch, train=True,
            step=number, asked=step.asked(batch.labels, batch.examples), others=feed.images,
        )  # fmt: skip

    examined = _examined(step, networks, trained)
    models = tuple(examined)

    def measure() -> Mapping[str, float]:
        return {
            measure_of(name, models): accuracy(
                network,
                test_set,
                look_again,
                batch=training.eval_batch,
                device=device,
                autocast=devices.autocast(training.precision, device),
                view=at_home[name],
                world=world,
            )
            for name, network in examined.items()
        }

    optimizer = optimise.build(training, trained)
    snapshot = Snapshot(
        step,
        optimizer,
        trained,
        examined if training.select == "best" else {},
        condenser,
    )
    flag = torch.ones((), dtype=torch.bool, device=device)
    recorder = Recorder(world, flag, Watch(step, snapshot))
    told = tuple(listeners) if world.leads else ()
    identity = manifest.Identity(
        graph=graph,
        protocol=manifest.fingerprint(training),
        seed=seed,
        stage=stage,
        facts=dict(facts or {}),
    )
    with interruptible(patient=launched()) as wish:
        loop = Loop(
            name=name,
            stage=stage,
            training=training,
            update=Updater(
                step=step,
                ranks=wrap(step, world),
                training=training,
                optimizer=optimizer,
                parameters=[one.parameter for one in trained],
                recorder=recorder,
                look=look,
                seed=seed,
                stage=stage,
                least=least,
                note=condenser.note if condenser else None,
                whole=training.batch // world.size if condenser and compile else None,
            ),
            feed=feed,
            numbers=partial(condenser.numbers, seed, stage)
            if condenser
            else numbers or partial(_all, len(train_set), seed, stage),
            evaluate=partial(measured, step, world, evaluate or measure, also or dict),
            ledger=Ledger(stage, training, recorder, told, log_every),
            snapshot=snapshot,
            checkpoints=Checkpoints(
                out / "checkpoints" / str(stage),
                identity,
                manifest.circumstances(devices.describe(device), world.size),
            ),
            listeners=told,
            wish=wish,
            world=world,
            save_every=save_every,
            models=models,
            condenser=condenser,
        )
        return loop.run(resume=resume)


def _examined(
    step: Step, names: Sequence[str], trained: Sequence[optimise.Trained]
) -> dict[str, nn.Module]:
    """The models of these names that have something to train in this stage."""
    moved = {id(one.parameter) for one in trained}
    models = {name: step.models[name] for name in names if name in step.models}
    return {
        name: model
        for name, model in models.items()
        if any(id(one) in moved for one in model.parameters())
    }


def _condenser(
    how: Condensing | None, examples: Examples, device: torch.device, world: World
) -> Condenser | None:
    if how is None:
        return None
    return Condenser(how, Pool(examples), Worth(len(examples), device), world)


def _all(n: int, seed: int, stage: int, epoch: int) -> Tensor:
    return order(n, seed=seed, stage=stage, epoch=epoch)


def _compile(module: nn.Module, *, choice: bool | str) -> None:
    """Compile in place, whole, so that names in the state stay and a graph break is an error."""
    if not choice:
        return
    if choice in MODES:
        module.compile(fullgraph=True, dynamic=False, mode=choice)
    else:
        backend = "inductor" if choice is True else choice
        module.compile(fullgraph=True, dynamic=False, backend=backend)


def _warn_uneven(feed: Feed, listeners: Sequence[Listener]) -> None:
    left = feed.left_out(len(feed.examples))
    if left and feed.world.leads and not feed.training.drop_last:
        mistake = UnevenEpoch(left=left, world=feed.world.size)
        tell(tuple(listeners), Warned(diagnostic=mistake))
