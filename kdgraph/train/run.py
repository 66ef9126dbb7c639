"""A whole run: data, teachers, student alone, student distilled, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment, examine
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.normalisation import Normalisation
from kdgraph.train import atomic, config, teacher
from kdgraph.train.cast import STUDENT, Cast, cast
from kdgraph.train.distributed import ALONE, shared
from kdgraph.train.events import Listener, Warned
from kdgraph.train.journal import Journal
from kdgraph.train.lesson import BASELINE, Lesson, students_lesson, teachers_lesson
from kdgraph.train.method import Place, rehearse, share_right, train_recipe
from kdgraph.train.rundir import RunDir
from kdgraph.train.stage import Outcome, StageResult
from kdgraph.train.table import Entry, read, write
from kdgraph.train.tensorboard import Curves, is_installed
from kdgraph.train.together import led, together


@dataclass(frozen=True)
class Request:
    """What a run was asked for."""

    recipe: str
    on: str | None
    values: Mapping[str, object]
    seed: int = 0
    seeds: int = 1
    baseline: bool = True


@dataclass
class Run:
    """Carries a run through; each method is one of its chapters.

    Attributes:
        say: told of each chapter, for a person.
        listen: listeners beside the journal, such as the progress display.
        parts: what `train.groups` may name: the parts that any stage of the recipe trains.
        normalisations: of each model's pixels; a taught one's are those of its lesson.
    """

    request: Request
    folder: RunDir
    place: Place
    say: Callable[[str], None]
    listen: Callable[[str], tuple[Listener, ...]]
    parts: frozenset[str] = field(default=frozenset(), init=False)
    normalisations: dict[str, Normalisation] = field(default_factory=dict, init=False)

    def run(self) -> list[Entry]:
        """Train what is to be trained, write the result, and give back the table.

        Everything that can be wrong is found out before the first step. A finished run that is
        to go on is not trained again.
        """
        made = together(self.place.world, self._open)
        if made is None:
            return read(self.folder.result)
        self.say(_data_words(made.experiment.setting, made.split))
        rows = [self._teacher(made, name) for name in made.teachers]
        alone: list[Outcome] = []
        distilled: list[Outcome] = []
        for seed in range(self.request.seed, self.request.seed + self.request.seeds):
            if self.request.baseline and made.experiment.recipe.name != BASELINE:
                alone.append(self._alone(made, self._start(made, seed)[STUDENT], seed))
            distilled.append(self._student(made, self._start(made, seed), seed))
        models = made.experiment.setting.models
        learners = [name for name in made.learners if name != STUDENT]
        rows += [_entry(name, name, models[name].name, distilled) for name in learners]
        if alone:
            rows.append(_entry("student alone", STUDENT, models[STUDENT].name, alone))
        name = "student distilled" if made.teachers else "student"
        rows.append(_entry(name, STUDENT, models[STUDENT].name, distilled))
        if self.place.world.leads:
            write(self.folder, rows, self._facts(made.experiment))
        return rows

    def _open(self) -> Cast | None:
        """Everything that can be known before training; nothing where the run is finished."""
        request = self.request
        experiment = examine(request.recipe, request.on, request.values)
        if experiment.errors:
            raise RecipeError(*experiment.errors)
        about = {
            "seed": request.seed,
            "seeds": request.seeds,
            "device": str(self.place.device),
            "ranks": self.place.world.size,
        }
        words = config.config_of(experiment, request.values) | about
        config.compare(self.folder, words)
        if shared("finished" if self.folder.is_finished else ""):
            return None
        made = cast(experiment, request.seed)
        self.normalisations = dict(made.normalisations)
        self.parts = rehearse(
            made.experiment, made.networks, made.normalisations, made.split, self.place
        )
        if self.place.world.leads:
            config.keep(self.folder, words, experiment.recipe.source.text)
        return made

    def _teacher(self, made: Cast, name: str) -> Entry:
        """Give a teacher its weights, unless it has them: kept ones, or by training it now."""
        spec, network = made.experiment.setting.models[name], made.networks[name]
        parameters = sum(one.numel() for one in network.parameters())
        if spec.weights == "random":
            self.say(f"{name}: {spec.name} with random weights")
            return Entry(name, spec.name, (), parameters=parameters)
        if spec.weights != "train":
            scale = self.normalisations[name]
            own = "" if scale == made.split.normalisation else ", with a mean and std of its own"
            self.say(f"{name}: {spec.name} from {spec.weights}{own}")
            share = share_right(made.experiment, network, scale, made.split, self.place)
            return Entry(name, spec.name, (share,), parameters=parameters)
        lesson = teachers_lesson(made.experiment, self.request.values, spec, network, made.split)
        kept = self._taught(name, spec, network, lesson, self.request.seed)
        last = kept.best if spec.select == "best" else kept.last
        return Entry(name, spec.name, (last,), (kept.best,), parameters, (kept.seconds,))

    def _start(self, made: Cast, seed: int) -> dict[str, nn.Module]:
        """The teachers, and learners as this seed draws them; what is to `train` first has."""
        networks = made.anew(seed)
        for name in made.learners:
            spec = made.experiment.setting.models[name]
            if spec.weights == "train":
                lesson = teachers_lesson(
                    made.experiment, self.request.values, spec, networks[name], made.split
                )
                self._taught(name, spec, networks[name], lesson, seed)
        return networks

    def _taught(
        self, name: str, spec: ModelSpec, network: nn.Module, lesson: Lesson, seed: int
    ) -> teacher.Kept:
        """Weights that a lesson gives, from the cache where they are in it."""

        def train(module: nn.Module, out: Path) -> StageResult:
            self.say(f"{name}: {spec.name}, trained with cross-entropy, kept for the next time")
            place = replace(self.place, listeners=self.listen(name), resume=True, world=ALONE)
            done = train_recipe(
                lesson.experiment, {STUDENT: module}, lesson.split,
                normalisations={STUDENT: lesson.normalisation}, seed=seed, out=out, place=place,
                only=lesson.only, elsewhere=self.parts, label=name,
            )  # fmt: skip
            return done.stages[-1]

        def keep() -> teacher.Kept:
            return teacher.trained(
                network, lesson.facts(name, spec, seed, self.place.device), train,
                about={"model": spec.name, **lesson.normalisation.facts},
                warn=self._warn, waiting=self._waiting,
            )  # fmt: skip

        self.normalisations[name] = lesson.normalisation
        kept = led(self.place.world, network, keep)
        if not kept.fresh:
            self.say(f"{name}: {spec.name} from the cache")
        return kept

    def _alone(self, made: Cast, network: nn.Module, seed: int) -> Outcome:
        """The student with the same start, data and protocol, and no teacher."""
        scale = self.normalisations[STUDENT]
        lesson = students_lesson(made.experiment, self.request.values, network, made.split, scale)
        folder = self._part(seed).part("alone")
        place = replace(self.place, listeners=self._listeners(folder))
        self.say(f"student alone: {made.experiment.setting.models[STUDENT].name}{self._of(seed)}")
        return train_recipe(
            lesson.experiment, {STUDENT: network}, made.split,
            normalisations={STUDENT: scale}, seed=seed, out=folder.path, place=place,
            elsewhere=self.parts, label="alone",
        )  # fmt: skip

    def _student(self, made: Cast, networks: Mapping[str, nn.Module], seed: int) -> Outcome:
        """The recipe itself."""
        experiment, folder = made.experiment, self._part(seed)
        models = experiment.setting.models
        place = replace(self.place, listeners=self._listeners(folder))
        self.say(f"student: {models[STUDENT].name}, {experiment.recipe.name}{self._of(seed)}")
        done = train_recipe(
            experiment, networks, made.split, normalisations=self.normalisations,
            seed=seed, out=folder.path, place=place, elsewhere=self.parts,
        )  # fmt: skip
        if self.place.world.leads:
            for name in made.learners:
                about = {"model": models[name].name, "recipe": experiment.recipe.name}
                told = {**about, **self.normalisations[name].facts}
                atomic.write_tensors(folder.weights(name), networks[name].state_dict(), told)
        return done

    def _part(self, seed: int) -> RunDir:
        return self.folder if self.request.seeds == 1 else self.folder.part(f"seed-{seed}")

    def _of(self, seed: int) -> str:
        return "" if self.request.seeds == 1 else f", seed {seed}"

    def _listeners(self, folder: RunDir) -> tuple[Listener, ...]:
        curves = (Curves(folder.tensorboard),) if is_installed() else ()
        return (Journal(folder.metrics), *curves, *self.listen(""))

    def _warn(self, mistake: Diagnostic) -> None:
        for listener in self.listen(""):
            listener(Warned(diagnostic=mistake))

    def _waiting(self) -> None:
        self.say("waiting for another run that trains the same teacher")

    def _facts(self, experiment: Experiment) -> dict[str, object]:
        return {
            "recipe": experiment.recipe.name,
            "setting": experiment.setting.name,
            "seed": self.request.seed,
            "seeds": self.request.seeds,
            "device": str(self.place.device),
            "versions": config.versions(),
        }


def _entry(name: str, who: str, model: str, outcomes: list[Outcome]) -> Entry:
    """A row of what one model of a recipe came to."""
    return Entry(
        name,
        model,
        tuple(one.accuracies[who].last for one in outcomes),
        tuple(one.accuracies[who].best for one in outcomes),
        seconds=tuple(one.seconds for one in outcomes),
    )


def _data_words(setting: Setting, split: Split) -> str:
    train, test = split.train, split.test
    size = "×".join(map(str, train.size))
    return (
        f"data: {setting.data.name}, {len(train)} training and {len(test)} test images of {size}, "
        f"{len(train.names)} classes"
    )
