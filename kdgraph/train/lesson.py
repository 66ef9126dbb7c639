"""Plain cross-entropy on the setting of a run: how a teacher learns, and a student alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch
from torch import nn

from kdgraph.data.images import Split
from kdgraph.data.load import load
from kdgraph.experiment import Experiment, examine
from kdgraph.graph.sight import X
from kdgraph.lang.parse import expression
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.recipe import Entry, Recipe, Stage
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.lang.syntax import Name
from kdgraph.normalisation import Normalisation
from kdgraph.surroundings import data_spec
from kdgraph.train import device as devices
from kdgraph.train.cast import STUDENT, normalisation_of, on_networks
from kdgraph.train.code import code_of, code_of_words
from kdgraph.train.contents import digest

BASELINE = "ce"
LOSS = "sup"
"""what that recipe calls its loss"""


@dataclass(frozen=True)
class Lesson:
    """What one network learns without a teacher.

    Attributes:
        experiment: the recipe of plain cross-entropy, examined against this network, which it
            calls the student.
        split: the data.
        network: what learns.
        normalisation: of its pixels.
        only: protocol entries that win over all others.
    """

    experiment: Experiment
    split: Split
    network: nn.Module
    normalisation: Normalisation
    only: Protocol | None = None

    def facts(
        self, name: str, spec: ModelSpec, seed: int, device: torch.device
    ) -> dict[str, object]:
        """Everything that determines the weights which this lesson gives."""
        analysis = self.experiment.analysis
        home = analysis.homes[STUDENT]
        training = self.experiment.training(analysis.stages[0][0], self.only)
        return {
            "model": spec.name,
            "name": name,
            "select": spec.select,
            "data": digest(self.split),
            "views": [asdict(step) for step in analysis.views.steps],
            **({} if home == X else {"seen": home}),
            "normalisation": self.normalisation.facts,
            "training": asdict(training),
            "precision": devices.resolved(training.precision, device),
            "code": code_of(self.network),
            **code_of_words(step.op for step in analysis.views.steps),
            "seed": seed,
            "loss": str(analysis.built().graph.terms),
        }


def teachers_lesson(
    whole: Experiment, values: Mapping[str, object], name: str, network: nn.Module, split: Split
) -> Lesson:
    """How a model is trained that the setting asks to `train`.

    It sees all the data with clean labels, unless `data` of its entry says otherwise, in the
    view that the recipe asks it with, and is normalised with their statistics. Its training is
    its own: `--set train.epochs=3` shortens the student's alone, and the kept teacher is used
    again; `--set models.teacher.train.epochs=3` is the teacher's.

    Args:
        whole: the run's experiment.
        values: `--set` pairs.
        name: of the model in the recipe.
        network: the model.
        split: the run's data.
    """
    setting, spec = whole.setting, whole.setting.models[name]
    change = {"fraction": 1.0, "label_noise": 0.0, **spec.data}
    data = setting.data.model_copy(update=change)
    plain = _plain(whole, values, "data.", "models.")
    plain = replace(plain, setting=replace(plain.setting, data=data))
    seen = split if data == setting.data else load(data_spec(plain.setting))
    only = spec.train if spec.train.model_fields_set else None
    home = whole.analysis.homes[name]
    recipe = plain.recipe if home == X else _looking(plain.recipe, whole.recipe, home)
    plain = replace(plain, setting=_without_parts(plain.setting), recipe=recipe)
    told = on_networks(plain, {STUDENT: network}, seen)
    scale = spec.normalisation or normalisation_of(told, STUDENT, seen)
    return Lesson(told, seen, network, scale, only)


def students_lesson(
    whole: Experiment, values: Mapping[str, object], network: nn.Module, split: Split,
    normalisation: Normalisation,
) -> Lesson:  # fmt: skip
    """The student with the same start, data, views, mode and protocol, and no teacher.

    Of several stages that train it the last counts; those before only give it its start.
    """
    plain = _plain(whole, values, "data.", "models.", "train.")
    stages = reversed(whole.recipe.stages)
    own = next((one for one in stages if not one.trains or STUDENT in dict(one.trains)), None)
    modes = zip(own.mode, own.mode_spans, strict=True) if own else ()
    modes = [(one, span) for one, span in modes if one[0] == STUDENT]
    stage = Stage(
        STUDENT,
        plain.recipe.source_span,
        epochs=own.epochs if own else None,
        train=own.train if own else None,
        mode=tuple(one for one, _ in modes),
        mode_spans=tuple(span for _, span in modes),
    )
    home = whole.analysis.homes[STUDENT]
    looking = _looking(plain.recipe, whole.recipe, home)
    recipe = replace(
        looking,
        train=whole.recipe.train,
        stages=(stage,),
    )
    told = on_networks(replace(plain, recipe=recipe), {STUDENT: network}, split)
    return Lesson(told, split, network, normalisation)


def _looking(plain: Recipe, whole: Recipe, home: str) -> Recipe:
    """Cross-entropy on a view of another recipe, with what that view is made of."""
    views: dict[str, Entry] = {}
    left = [home]
    while left:
        name = left.pop()
        if name in whole.views and name not in views:
            views[name] = whole.views[name]
            left += [one.id for one in views[name].tree.walk() if isinstance(one, Name)]
    entry = plain.where[LOSS]
    tree = expression(f"cross_entropy(student({home}).logits, y)")
    where = {**_asked_by_views(views, whole), **plain.where, LOSS: replace(entry, tree=tree)}
    return replace(plain, views=views, use=whole.use if "." in home else {}, where=where)


def _asked_by_views(views: Mapping[str, Entry], recipe: Recipe) -> dict[str, Entry]:
    """The names of `where` that views compute with, as in `crop(image, pad=n)`."""
    found: dict[str, Entry] = {}
    left = [entry.tree for entry in views.values()]
    while left:
        for one in left.pop().walk():
            name = one.id if isinstance(one, Name) else ""
            if name in recipe.where and name not in found:
                found[name] = recipe.where[name]
                left.append(found[name].tree)
    return found


def _without_parts(setting: Setting) -> Setting:
    """The setting without rates of single parts: those are the student's, and of the loss."""
    told = {
        name: getattr(setting.protocol, name)
        for name in setting.protocol.model_fields_set
        if name != "groups"
    }
    return replace(setting, protocol=Protocol.model_validate(told))


def _plain(whole: Experiment, values: Mapping[str, object], *heads: str) -> Experiment:
    """Cross-entropy on the run's setting, with the `--set` pairs that begin like this."""
    kept = {name: value for name, value in values.items() if name.startswith(heads)}
    return examine(BASELINE, whole.setting.source.path, kept)
