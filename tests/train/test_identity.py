"""A teacher's key and a checkpoint's facts change with everything that decides what is learnt."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kdgraph.experiment import examine
from kdgraph.train import device as devices
from kdgraph.train import teacher
from kdgraph.train.cast import cast
from kdgraph.train.identity import facts_of
from kdgraph.train.lesson import teachers_lesson

CPU = torch.device("cpu")
SMALL = {
    "data.name": "synthetic", "data.size": "8", "data.channels": "1", "data.limit": "40",
    "data.test_limit": "8", "models.teacher": "convnet16",
}  # fmt: skip


@pytest.fixture
def made():
    return cast(examine("kd", "digits", SMALL), seed=0)


def facts(made, **change):
    experiment = made.experiment
    training = experiment.training(experiment.analysis.stages[0][0])
    told = {"normalisations": made.normalisations, "split": made.split, "training": training}
    told["graph"] = experiment.analysis.built().graph
    return facts_of(experiment, made.networks, device=CPU, **(told | change))


def test_a_checkpoint_is_told_all_that_the_graph_does_not_say(made):
    told = facts(made)

    assert set(told) == {
        "content of the data", "set of views", "precision", "normalisation of `teacher`",
        "code of `teacher`", "normalisation of `student`", "code of `student`",
    }  # fmt: skip
    assert told["precision"] == "float32"
    assert told["normalisation of `student`"] == str(made.split.normalisation)


def test_one_pixel_one_mean_or_the_precision_is_another_fact(made):
    before = facts(made)
    pixels = made.split.train.pixels.clone()
    pixels[0, 0, 0, 0] ^= 1
    split = replace(made.split, train=replace(made.split.train, pixels=pixels))
    scale = replace(made.split.normalisation, mean=(0.25,))
    training = made.experiment.training(made.experiment.analysis.stages[0][0])
    found = {
        "content of the data": facts(made, split=split),
        "normalisation of `teacher`": facts(
            made, normalisations={**made.normalisations, "teacher": scale}
        ),
        "precision": facts(made, training=replace(training, precision="bf16")),
    }

    for name, after in found.items():
        assert {one for one in before if before[one] != after[one]} == {name}


def test_precision_is_told_as_it_comes_out(monkeypatch):
    assert devices.resolved("auto", CPU) == "float32"
    assert devices.resolved("bf16", CPU) == "bfloat16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert devices.resolved("auto", torch.device("cuda")) == "bfloat16"


def test_the_key_of_a_teacher_has_its_normalisation_precision_and_code(made):
    spec = made.experiment.setting.models["teacher"]
    network = made.networks["teacher"]
    lesson = teachers_lesson(made.experiment, SMALL, "teacher", network, made.split)
    told = lesson.facts("teacher", spec, 0, CPU)

    assert told["precision"] == "float32"
    assert told["normalisation"] == made.split.normalisation.facts
    other = replace(lesson, normalisation=replace(lesson.normalisation, mean=(0.25,)))
    keys = {
        teacher.key(told),
        teacher.key(other.facts("teacher", spec, 0, CPU)),
        teacher.key(told | {"precision": "bfloat16"}),
        teacher.key(told | {"code": "another"}),
    }
    assert len(keys) == 4


def test_a_teacher_of_all_the_data_is_normalised_with_the_statistics_of_all_the_data():
    part = cast(examine("kd", "digits", SMALL | {"data.fraction": "0.25"}), seed=0)
    network = part.networks["teacher"]
    whole = cast(examine("kd", "digits", SMALL), seed=0)

    lesson = teachers_lesson(part.experiment, SMALL, "teacher", network, part.split)

    assert len(part.split.train) == 10
    assert lesson.normalisation == whole.split.normalisation
    assert lesson.normalisation != part.normalisations["student"]
    assert part.normalisations["student"] == part.split.normalisation
