"""A whole run: data, teacher, student alone, student distilled, and the table of the three."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file
from torch import nn

from kdgraph import __version__
from kdgraph.compiler import stage_world
from kdgraph.data.images import Split
from kdgraph.data.load import load as load_data
from kdgraph.experiment import Experiment, data_spec, examine
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.models.weights import load_weights
from kdgraph.train import atomic, teacher
from kdgraph.train.cast import build_model
from kdgraph.train.contents import digest
from kdgraph.train.events import Listener, Warned
from kdgraph.train.journal import Journal
from kdgraph.train.method import Place, on_networks, train_recipe, training_of
from kdgraph.train.rundir import RunDir
from kdgraph.train.stage import StageResult
from kdgraph.train.table import Entry, write
from kdgraph.train.tensorboard import Curves, is_installed

STUDENT = "student"
BASELINE = "ce"


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
    """

    request: Request
    folder: RunDir
    place: Place
    say: Callable[[str], None]
    listen: Callable[[str], tuple[Listener, ...]]

    def run(self) -> list[Entry]:
        """Train what is to be trained, write the result, and give back the table."""
        experiment = examine(self.request.recipe, self.request.on, self.request.values)
        experiment = self._checked(experiment)
        setting = experiment.setting
        split = load_data(experiment.data)
        self.say(_data_words(setting, split))
        if self.place.world.leads:
            self._keep_config(experiment)
        learners = _learners(experiment)
        teachers = {name: spec for name, spec in setting.models.items() if name not in learners}
        used = _used(experiment)
        fixed: dict[str, nn.Module] = {}
        rows: list[Entry] = []
        for name, spec in teachers.items():
            if name not in used:
                continue
            fixed[name] = build_model(name, spec, setting, split, self.request.seed)
            rows.append(self._teacher(name, spec, fixed[name], experiment, split))
        alone: list[StageResult] = []
        distilled: list[StageResult] = []
        for number in range(self.request.seeds):
            seed = self.request.seed + number
            if self.request.baseline and experiment.recipe.name != BASELINE:
                alone.append(self._alone(experiment, split, seed))
            distilled.append(self._student(experiment, fixed, split, seed))
        spec = setting.models[STUDENT]
        if alone:
            rows.append(_entry("student alone", spec.name, alone))
        name = "student distilled" if fixed else "student"
        rows.append(_entry(name, spec.name, distilled))
        if self.place.world.leads:
            write(self.folder, rows, self._facts(experiment))
        return rows

    def _checked(self, experiment: Experiment) -> Experiment:
        from kdgraph.lang.diagnostics import RecipeError  # noqa: PLC0415

        if experiment.errors:
            raise RecipeError(*experiment.errors)
        return experiment

    def _teacher(
        self, name: str, spec: ModelSpec, network: nn.Module, experiment: Experiment, split: Split
    ) -> Entry:
        """Give a teacher its weights: from a file, kept ones, or by training it now."""
        parameters = sum(one.numel() for one in network.parameters())
        if spec.weights == "random":
            self.say(f"{name}: {spec.name} with random weights")
            return Entry(name, spec.name, (), parameters=parameters)
        if spec.weights != "train":
            load_weights(network, spec.weights, span=experiment.setting.spans.get(name))
            self.say(f"{name}: {spec.name} from {spec.weights}")
            share = self._measure(network, experiment, split)
            return Entry(name, spec.name, (share,), parameters=parameters)
        own = _teachers_setting(experiment.setting, spec)
        lesson = examine(BASELINE, self._setting(experiment), _of_setting(self.request.values))
        lesson = replace(lesson, setting=own)
        data = split if own.data == experiment.setting.data else load_data(data_spec(own))
        only = spec.train if spec.train.model_fields_set else None
        facts = self._teacher_facts(name, spec, lesson, data, only)

        def train(module: nn.Module, out: Path) -> StageResult:
            listeners = self.listen(f"{name} {spec.name}")
            place = replace(
                self.place, listeners=listeners, resume=True, world=type(self.place.world)()
            )
            told = on_networks(lesson, {STUDENT: module}, {STUDENT: spec.name}, data)
            seed = self.request.seed
            results, _ = train_recipe(
                told, {STUDENT: module}, data, seed=seed, out=out, place=place, only=only,
                label=name,
            )  # fmt: skip
            return results[-1]

        self.say(f"{name}: {spec.name}, trained with cross-entropy, kept for the next time")
        kept = teacher.trained(network, facts, train, warn=self._warn, waiting=self._waiting)
        if not kept.fresh:
            self.say(f"{name}: {spec.name} from the cache")
        last = kept.best if spec.select == "best" else kept.last
        return Entry(name, spec.name, (last,), (kept.best,), parameters, (kept.seconds,))

    def _teacher_facts(
        self, name: str, spec: ModelSpec, lesson: Experiment, data: Split, only: Protocol | None
    ) -> dict[str, object]:
        stage = lesson.analysis.stages[0][0]
        training = training_of(lesson, stage, only)
        return {
            "model": spec.name,
            "name": name,
            "select": spec.select,
            "data": digest(data),
            "views": [asdict(step) for step in lesson.analysis.views.steps],
            "training": asdict(training),
            "seed": self.request.seed,
            "loss": str(lesson.analysis.built().graph.terms),
        }

    def _alone(self, experiment: Experiment, split: Split, seed: int) -> StageResult:
        """The student with the same start, data and protocol, and no teacher."""
        values = _of_setting(self.request.values, "train.")
        plain = examine(BASELINE, self._setting(experiment), values)
        plain = replace(plain, recipe=replace(plain.recipe, train=experiment.recipe.train))
        spec = experiment.setting.models[STUDENT]
        network = build_model(STUDENT, spec, experiment.setting, split, seed)
        told = on_networks(plain, {STUDENT: network}, {STUDENT: spec.name}, split)
        folder = self._part(seed).part("alone")
        place = replace(self.place, listeners=self._listeners("student alone", folder))
        self.say(f"student alone: {spec.name}{self._of(seed)}")
        results, _ = train_recipe(
            told, {STUDENT: network}, split, seed=seed, out=folder.path, place=place, label="alone"
        )
        return results[-1]

    def _student(
        self, experiment: Experiment, fixed: Mapping[str, nn.Module], split: Split, seed: int
    ) -> StageResult:
        """The recipe itself."""
        spec = experiment.setting.models[STUDENT]
        network = build_model(STUDENT, spec, experiment.setting, split, seed)
        networks = {**fixed, STUDENT: network}
        for name in _learners(experiment) - {STUDENT}:
            own = experiment.setting.models[name]
            networks[name] = build_model(name, own, experiment.setting, split, seed)
        networks = {name: networks[name] for name in experiment.setting.models if name in networks}
        titles = {name: experiment.setting.models[name].name for name in networks}
        told = on_networks(experiment, networks, titles, split)
        folder = self._part(seed)
        place = replace(self.place, listeners=self._listeners("student", folder))
        self.say(f"student: {spec.name}, {experiment.recipe.name}{self._of(seed)}")
        results, _ = train_recipe(told, networks, split, seed=seed, out=folder.path, place=place)
        if self.place.world.leads:
            state = {
                key: value.detach().cpu().contiguous()
                for key, value in network.state_dict().items()
            }
            save_file(
                state,
                folder.student,
                metadata={"model": spec.name, "recipe": experiment.recipe.name},
            )
        return results[-1]

    def _setting(self, experiment: Experiment) -> str:
        """The setting of the run, for the other recipes that it trains."""
        return self.request.on or experiment.setting.source.path

    def _measure(self, network: nn.Module, experiment: Experiment, split: Split) -> float:
        from kdgraph.lower.prepared import Prepared  # noqa: PLC0415
        from kdgraph.train.evaluate import accuracy  # noqa: PLC0415
        from kdgraph.train.feed import near  # noqa: PLC0415
        from kdgraph.views.normalize import Normalize  # noqa: PLC0415
        from kdgraph.views.program import run as look  # noqa: PLC0415

        model = Prepared(Normalize(split.mean, split.std), network).to(self.place.device)
        steps = experiment.analysis.views.steps
        return accuracy(
            model,
            near(split.test, self.place.device),
            lambda pixels, examples: look(
                steps, pixels, examples, seed=0, stage=0, epoch=0, train=False
            ),
            batch=512,
            device=self.place.device,
            autocast=None,
            view="x",
            world=self.place.world,
        )

    def _part(self, seed: int) -> RunDir:
        return self.folder if self.request.seeds == 1 else self.folder.part(f"seed-{seed}")

    def _of(self, seed: int) -> str:
        return "" if self.request.seeds == 1 else f", seed {seed}"

    def _listeners(self, name: str, folder: RunDir) -> tuple[Listener, ...]:
        curves = (Curves(folder.tensorboard),) if is_installed() else ()
        return (Journal(folder.metrics), *curves, *self.listen(name))

    def _warn(self, mistake: Diagnostic) -> None:
        for listener in self.listen(""):
            listener(Warned(diagnostic=mistake))

    def _waiting(self) -> None:
        self.say("waiting for another run that trains the same teacher")

    def _keep_config(self, experiment: Experiment) -> None:
        """The recipe and everything else that decides the run, as it was run."""
        setting = experiment.setting
        config = {
            "recipe": experiment.recipe.source.path,
            "setting": setting.name,
            "set": {name: str(value) for name, value in self.request.values.items()},
            "seed": self.request.seed,
            "seeds": self.request.seeds,
            "device": str(self.place.device),
            "ranks": self.place.world.size,
            "threads": torch.get_num_threads(),
            "data": setting.data.model_dump(exclude_none=True),
            "models": {n: s.model_dump(exclude_defaults=True) for n, s in setting.models.items()},
            "train": experiment.protocol().model_dump(mode="json"),
            "versions": versions(),
        }
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        atomic.write_text(self.folder.config, text)
        atomic.write_text(self.folder.recipe, experiment.recipe.source.text)

    def _facts(self, experiment: Experiment) -> dict[str, object]:
        return {
            "recipe": experiment.recipe.name,
            "setting": experiment.setting.name,
            "seed": self.request.seed,
            "seeds": self.request.seeds,
            "device": str(self.place.device),
            "versions": versions(),
        }


def versions() -> dict[str, str]:
    """What a run ran on, for an issue or a table."""
    found = {"kdgraph": __version__, "python": platform.python_version()}
    for package in ("torch", "torchvision"):
        found[package] = importlib.metadata.version(package)
    return found


def _used(experiment: Experiment) -> set[str]:
    """The models that some stage's loss looks at."""
    from kdgraph.passes import lean  # noqa: PLC0415

    return {
        str(graph.node(number).op.knob("model"))
        for _, built in experiment.analysis.stages
        for graph in [lean(built.graph)]
        for number in graph.dag
        if graph.node(number).op.name in {"run", "apply"}
    }


def _learners(experiment: Experiment) -> set[str]:
    """The models that some stage trains: the student, and the assistants of a chain."""
    worlds = [stage_world(experiment.world, stage) for stage, _ in experiment.analysis.stages]
    names = experiment.setting.models
    return {STUDENT} | {name for name in names if any(one.trains_model(name) for one in worlds)}


def _of_setting(values: Mapping[str, object], *more: str) -> dict[str, object]:
    """The `--set` pairs that belong to data and models, and to these sections.

    A teacher's training is its own: `--set train.epochs=3` shortens the student's alone, and
    the kept teacher is used again; `--set models.teacher.train.epochs=3` is the teacher's.
    """
    heads = ("data.", "models.", *more)
    return {name: value for name, value in values.items() if name.startswith(heads)}


def _teachers_setting(setting: Setting, spec: ModelSpec) -> Setting:
    """The setting a teacher is trained on: all the data, with clean labels, unless it says so."""
    change = {"fraction": 1.0, "label_noise": 0.0, **spec.data}
    return replace(setting, data=setting.data.model_copy(update=change))


def _entry(name: str, model: str, results: list[StageResult]) -> Entry:
    return Entry(
        name,
        model,
        tuple(one.last.measures["accuracy"] for one in results),
        tuple(one.best.measures["accuracy"] for one in results),
        seconds=tuple(one.seconds for one in results),
    )


def _data_words(setting: Setting, split: Split) -> str:
    train, test = split.train, split.test
    size = "×".join(map(str, train.size))
    return (
        f"data: {setting.data.name}, {len(train)} training and {len(test)} test images of {size}, "
        f"{len(train.names)} classes"
    )
