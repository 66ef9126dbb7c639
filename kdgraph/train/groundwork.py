"""Stages that no learner takes part in: done once, and kept like a teacher's weights.

The head of a teacher is such a stage, and an assistant. Whatever student comes after, with
whatever seed, meets the same one; so it is trained with the first seed of a run, by one process,
and found again under a hash of everything that determines it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor, nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.protocol import Training
from kdgraph.lang.recipe import Stage
from kdgraph.lower.step import Step
from kdgraph.normalisation import Normalisation
from kdgraph.train import teacher
from kdgraph.train.distributed import World
from kdgraph.train.evaluate import needed
from kdgraph.train.events import Listener
from kdgraph.train.ground import is_ground, looked_at
from kdgraph.train.identity import facts_of
from kdgraph.train.shelf import Shelf
from kdgraph.train.stage import StageResult
from kdgraph.train.together import led


@dataclass(frozen=True)
class Groundwork:
    """Does such stages, or gets from the cache what they gave.

    Attributes:
        seed: of all of them: the first of the run.
        learners: the models that each seed trains anew.
        world: the processes; the first one trains, all have the result.
        say: told what is done, for a person.
        listen: who is told how the training of a stage goes, by the stage's name.
    """

    seed: int
    learners: frozenset[str]
    world: World
    say: Callable[[str], None]
    listen: Callable[[str], tuple[Listener, ...]]
    warn: Callable[[Diagnostic], None]
    waiting: Callable[[], None]

    def holds(self, experiment: Experiment, stage: Stage) -> bool:
        """Whether this stage is such a one."""
        return is_ground(experiment, stage, self.learners)

    def lay(
        self,
        stage: Stage,
        step: Step,
        assistants: Mapping[str, nn.Module],
        facts: Mapping[str, object],
        train: Callable[[Path], StageResult],
    ) -> teacher.Kept:
        """Give the parts of a step, and the assistant it trains, what the stage makes of them."""
        made: nn.Module = step.parts
        if assistants:
            several = {f"model_{name}": one for name, one in assistants.items()}
            made = nn.ModuleDict({"parts": step.parts, **several})

        def taught(inside: nn.Module, out: Path) -> StageResult:
            del inside  # it is the step's
            self.say(f"{stage.name}: trained once for all students, kept for the next time")
            return train(out)

        def keep() -> teacher.Kept:
            return teacher.trained(
                made, facts, taught,
                about={"stage": stage.name}, warn=self.warn, waiting=self.waiting,
            )  # fmt: skip

        kept = led(self.world, made, keep)
        if not kept.fresh:
            self.say(f"{stage.name}: from the cache")
        return kept


def shelf_of(
    groundwork: Groundwork | None,
    stage: Stage,
    models: frozenset[str],
    out: Path,
    save_every: float,
) -> Shelf:
    """Where the table of a stage is kept: for all runs, unless what a run trains takes part.

    Args:
        groundwork: says who learns, and is told; None for a training without it.
        stage: computes the table.
        models: that it looks at.
        out: the folder of the run.
        save_every: seconds between two times that rows are written down.
    """
    if groundwork is None:
        return Shelf(out / "tables", lambda: None, lambda _: None, lambda: None, save_every)
    shared = not models & groundwork.learners
    folder = (teacher.folder() if shared else out) / "tables"
    kept = ", kept for the next time" if shared else ""

    def begun() -> None:
        groundwork.say(f"{stage.name}: a table of all training images, computed once{kept}")

    return Shelf(folder, begun, groundwork.warn, groundwork.waiting, save_every)


def ground_facts(
    experiment: Experiment,
    step: Step,
    networks: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    split: Split,
    training: Training,
    *,
    number: int,
    seed: int,
) -> dict[str, object]:
    """Everything that determines what a stage gives."""
    models = {name: networks[name] for name in sorted(looked_at(step.graph))}
    device = next(step.parameters()).device
    steps = experiment.analysis.views.steps
    views = {name: needed(steps, name) for name in step.inputs}
    return {
        **facts_of(experiment, models, normalisations, split, training, device, step.graph),
        "set of views": {name: [asdict(one) for one in made] for name, made in views.items()},
        "graph": step.digest,
        "start": digest(step.parts.state_dict()),
        "weights": {name: digest(one.state_dict()) for name, one in models.items()},
        "training": asdict(training),
        "stage": number,
        "seed": seed,
    }


def digest(tensors: Mapping[str, Tensor]) -> str:
    """A hash of names, types and numbers."""
    summed = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        one = tensor.detach().cpu().contiguous()
        summed.update(repr((name, one.dtype, tuple(one.shape))).encode())
        summed.update(one.numpy().tobytes())
    return summed.hexdigest()[:16]
