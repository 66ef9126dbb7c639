"""A whole run: data, teachers, student alone, student distilled, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import nn

from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.weights import RandomTeacher
from kdgraph.lang.setting import ModelSpec
from kdgraph.normalisation import Normalisation
from kdgraph.train import atomic, config, teacher
from kdgraph.train import device as devices
from kdgraph.train.cast import STUDENT, Cast, cast
from kdgraph.train.closing import Found, fidelities, likenesses, tell
from kdgraph.train.distributed import ALONE, shared
from kdgraph.train.events import Listener, Warned
from kdgraph.train.exported import facts_beside
from kdgraph.train.footprint import peak, restart
from kdgraph.train.groundwork import Groundwork
from kdgraph.train.journal import Journal
from kdgraph.train.lesson import BASELINE, Lesson, students_lesson, teachers_lesson
from kdgraph.train.method import Place, share_right, train_recipe
from kdgraph.train.rehearsal import rehearse
from kdgraph.train.request import Request
from kdgraph.train.result import (
    ALONE_ROW,
    Course,
    Result,
    assistant,
    courses_of,
    read,
    size,
    write,
)
from kdgraph.train.rundir import RunDir
from kdgraph.train.sees import sees
from kdgraph.train.setting_out import set_out
from kdgraph.train.stage import Outcome, StageResult
from kdgraph.train.table import Entry
from kdgraph.train.tensorboard import Curves, is_installed
from kdgraph.train.together import led, together
from kdgraph.train.wording import data_words


@dataclass
class Run:
    """Carries a run through; each method is one of its chapters.

    Attributes:
        say: told of each chapter, for a person.
        listen: listeners beside the journal, such as the progress display.
        parts: what `train.groups` may name: the parts that any stage of the recipe trains.
        normalisations: of each model's pixels; a taught one's are those of its lesson.
        taught: where each teacher's weights are, with what it takes to use them.
    """

    request: Request
    folder: RunDir
    place: Place
    say: Callable[[str], None]
    listen: Callable[[str], tuple[Listener, ...]]
    parts: frozenset[str] = field(default=frozenset(), init=False)
    normalisations: dict[str, Normalisation] = field(default_factory=dict, init=False)
    taught: dict[str, dict[str, object]] = field(default_factory=dict, init=False)

    def run(self) -> Result:
        """Train what is to be trained, write the result, and give it back.

        Everything that can be wrong is found out before the first step. A finished run that is
        to go on is not trained again.
        """
        made = together(self.place.world, self._open)
        if made is None:
            return read(self.folder.result)
        self.say(data_words(made.experiment.setting, made.split))
        devices.settle(made.networks.values(), self.place.device)  # kept ones as those trained now
        rows = [self._teacher(made, name) for name in made.teachers]
        courses, alike = self._seeds(made)
        rows += [assistant(made, name, courses[-1].outcomes[0]) for name in made.assistants]
        rows += [course.entry() for course in courses]
        result = Result(tuple(rows), likenesses(alike))
        if self.place.world.leads:
            about = self._about()
            facts = config.facts_of(made.experiment, about) | {"teachers": self.taught}
            write(self.folder, result, facts)
        return result

    def _seeds(self, made: Cast) -> tuple[list[Course], list[Found]]:
        """Train with each seed, and measure what was trained beside the teachers."""
        baseline = self.request.baseline and made.experiment.recipe.name != BASELINE
        courses = courses_of(made, alone=baseline)
        alike: list[Found] = []
        for seed in range(self.request.seed, self.request.seed + self.request.seeds):
            trained: dict[str, nn.Module] = {}
            if baseline:
                network = trained[ALONE_ROW] = self._start(made, seed)[STUDENT]
                done = self._alone(made, network, seed)
                courses[ALONE_ROW].add(done, peak(self.place.device))
            networks = self._start(made, seed)
            done = self._student(made, networks, seed)
            for row in courses.keys() - {ALONE_ROW}:
                trained[row] = networks[courses[row].who]
                courses[row].add(done, peak(self.place.device))
            who = {row: (one.who, trained[row]) for row, one in courses.items()}
            if seed == self.request.seed:
                who = {name: (name, networks[name]) for name in made.assistants} | who
            alike.append(self._compare(made, who, seed))
        return list(courses.values()), alike

    def _compare(
        self, made: Cast, trained: Mapping[str, tuple[str, nn.Module]], seed: int
    ) -> Found:
        """Fidelity of what one seed has trained, told to its journal."""
        teachers = {name: made.networks[name] for name in made.teachers}
        found = fidelities(
            made.experiment, trained, teachers, self.normalisations, made.split, self.place
        )
        if self.place.world.leads:
            tell(Journal(self._part(seed).metrics), found)
        if seed == self.request.seed:
            return found
        return {key: one for key, one in found.items() if key[0] in trained}

    def _open(self) -> Cast | None:
        """Everything that can be known before training; nothing where the run is finished."""
        request = self.request
        experiment = examine(request.recipe, request.on, request.values)
        if experiment.errors:
            raise RecipeError(*experiment.errors)
        words = config.config_of(experiment, request.values) | self._about()
        config.compare(self.folder, words)
        if shared("finished" if self.folder.is_finished else ""):
            return None
        made = cast(experiment, request.shared)
        untaught = [one for one in experiment.analysis.mistakes if isinstance(one, RandomTeacher)]
        for one in (*untaught, *made.told):
            self._warn(one)
        self.normalisations = dict(made.normalisations)
        self.parts = rehearse(
            made.experiment, made.networks, made.normalisations, made.split, self.place
        )
        if self.place.world.leads:
            config.keep(self.folder, words, experiment.recipe.source.text)
        return made

    def _about(self) -> dict[str, object]:
        shared = self.request.shared
        return {
            **({} if shared == self.request.seed else {"ground": shared}),
            "seed": self.request.seed,
            "seeds": self.request.seeds,
            "device": str(self.place.device),
            "ranks": self.place.world.size,
        }

    def _teacher(self, made: Cast, name: str) -> Entry:
        """Give a teacher its weights, unless it has them: kept ones, or by training it now."""
        spec, network = made.experiment.setting.models[name], made.networks[name]
        parameters = size(network)
        about = {"model": spec.name, "classes": len(made.split.train.names)}
        about |= sees(made.experiment.analysis, name)
        if spec.weights == "random":
            self.say(f"{name}: {spec.name} with random weights")
            return Entry(name, spec.name, (), parameters=parameters, weights="random")
        if spec.weights != "train":
            scale = self.normalisations[name]
            own = "" if scale == made.split.normalisation else ", with a mean and std of its own"
            self.say(f"{name}: {spec.name} from {spec.weights}{own}")
            self.taught[name] = about | {"weights": spec.weights} | scale.facts
            share = share_right(made.experiment, name, network, scale, made.split, self.place)
            return Entry(name, spec.name, (share,), parameters=parameters)
        lesson = teachers_lesson(made.experiment, self.request.values, name, network, made.split)
        kept = self._taught(name, spec, network, lesson, self.request.shared)
        self.taught[name] = about | {"weights": str(kept.path)} | self.normalisations[name].facts
        last = kept.best if spec.select == "best" else kept.last
        return Entry(name, spec.name, (last,), (kept.best,), parameters, (kept.seconds,))

    def _start(self, made: Cast, seed: int) -> dict[str, nn.Module]:
        """The teachers, and learners as this seed draws them; what is to `train` first has."""
        networks = made.anew(seed)
        for name in (*made.assistants, *made.learners):
            spec = made.experiment.setting.models[name]
            if spec.weights == "train":
                lesson = teachers_lesson(
                    made.experiment, self.request.values, name, networks[name], made.split
                )
                own = seed if name in made.learners else made.seed
                self._taught(name, spec, networks[name], lesson, own)
        set_out(made, networks, self.normalisations, self.place.device, self.say)
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
        restart(self.place.device)
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
        restart(self.place.device)
        self.say(f"student: {models[STUDENT].name}, {experiment.recipe.name}{self._of(seed)}")
        done = train_recipe(
            experiment, networks, made.split, normalisations=self.normalisations,
            seed=seed, out=folder.path, place=place, elsewhere=self.parts,
            groundwork=self._groundwork(made),
        )  # fmt: skip
        if self.place.world.leads:
            for name in (*made.assistants, *made.learners):
                about: dict[str, object] = {
                    "model": models[name].name, "recipe": experiment.recipe.name
                }  # fmt: skip
                about |= facts_beside(networks[name], made.split.train)
                about |= self.normalisations[name].facts | sees(experiment.analysis, name)
                atomic.write_tensors(folder.weights(name), networks[name].state_dict(), about)
        return done

    def _groundwork(self, made: Cast) -> Groundwork:
        """What does the stages that are the same for every student and seed."""
        return Groundwork(
            self.request.shared, frozenset(made.learners), self.place.world,
            self.say, self.listen, self._warn, self._waiting,
        )  # fmt: skip

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
        self.say("waiting for another run that trains the same")
