"""Plain cross-entropy on the setting of a run: how a teacher learns, and a student alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch
from torch import nn

from kdgraph.data.images import Split
from kdgraph.data.load import load
from kdgraph.experiment import Experiment, examine
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.recipe import Entry, Recipe, Stage
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.lang.syntax import Name
from kdgraph.normalisation import Normalisation
from kdgraph.surroundings import data_spec
from kdgraph.train import device as devices
from kdgraph.train.cast import STUDENT, on_networks
from kdgraph.train.code import code_of
from kdgraph.train.contents import digest

BASELINE = "ce"


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
        training = self.experiment.training(analysis.stages[0][0], self.only)
        return {
            "model": spec.name,
            "name": name,
            "select": spec.select,
            "data": digest(self.split),
            "views": [asdict(step) for step in analysis.views.steps],
            "normalisation": self.normalisation.facts,
            "training": asdict(training),
            "precision": devices.resolved(training.precision, device),
            "code": code_of(self.network),
            "seed": seed,
            "loss": str(analysis.built().graph.terms),
        }


def teachers_lesson(
    whole: Experiment, values: Mapping[str, object], spec: ModelSpec, network: nn.Module,
    split: Split,
) -> Lesson:  # fmt: skip
    """How a model is trained that the setting asks to `train`.

    It sees all the data with clean labels, unless `data` of its entry says otherwise, and is
    normalised with their statistics. Its training is its own: `--set train.epochs=3` shortens
    the student's alone, and the kept teacher is used again; `--set
    models.teacher.train.epochs=3` is the teacher's.

    Args:
        whole: the run's experiment.
        values: `--set` pairs.
        spec: the model's entry in the setting.
        network: the model.
        split: the run's data.
    """
    setting = whole.setting
    change = {"fraction": 1.0, "label_noise": 0.0, **spec.data}
    data = setting.data.model_copy(update=change)
    plain = _plain(whole, values, "data.", "models.")
    plain = replace(plain, setting=replace(plain.setting, data=data))
    seen = split if data == setting.data else load(data_spec(plain.setting))
    only = spec.train if spec.train.model_fields_set else None
    plain = replace(plain, setting=_without_parts(plain.setting))
    scale = spec.normalisation or seen.normalisation
    return Lesson(on_networks(plain, {STUDENT: network}, seen), seen, network, scale, only)


def students_lesson(
    whole: Experiment, values: Mapping[str, object], network: nn.Module, split: Split,
    normalisation: Normalisation,
) -> Lesson:  # fmt: skip
    """The student with the same start, data, views, mode and protocol, and no teacher."""
    plain = _plain(whole, values, "data.", "models.", "train.")
    own = next(
        (one for one in whole.recipe.stages if not one.trains or STUDENT in dict(one.trains)), None
    )
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
    recipe = replace(
        plain.recipe,
        train=whole.recipe.train,
        views=whole.recipe.views,
        where={**_asked_by_views(whole.recipe), **plain.recipe.where},
        stages=(stage,),
    )
    told = on_networks(replace(plain, recipe=recipe), {STUDENT: network}, split)
    return Lesson(told, split, network, normalisation)


def _asked_by_views(recipe: Recipe) -> dict[str, Entry]:
    """The names of `where` that views compute with, as in `crop(image, pad=n)`."""
    found: dict[str, Entry] = {}
    left = [entry.tree for entry in recipe.views.values()]
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
