"""The student alone learns under the recipe's own views and its stage's protocol."""

from __future__ import annotations

import pytest

from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.train.cast import STUDENT, cast
from kdgraph.train.lesson import students_lesson, teachers_lesson

SMALL = {
    "data.name": "synthetic", "data.size": "8", "data.channels": "1", "data.limit": "40",
    "data.test_limit": "8", "models.teacher": "convnet16", "train.epochs": "12",
}  # fmt: skip
STAGES = """\
train: {batch: 10}
views: {x: "flip(crop(image, pad=2))"}
where:
  warm: cross_entropy(linear(teacher.features, classes), y)
  sup:  cross_entropy(student.logits, y)
  kd:   kd(teacher.logits ‖ student.logits)
stages:
  - {name: first, trains: [warm], loss: warm, epochs: epochs/4, train: {lr: 0.7}}
  - {name: second, trains: [student], loss: sup + kd, epochs: epochs/2, train: {lr: 0.3}}
"""


@pytest.fixture
def made():
    return cast(examine(load(STAGES), "digits", SMALL), seed=0)


def alone(made, **more):
    network, scale = made.networks[STUDENT], made.normalisations[STUDENT]
    return students_lesson(made.experiment, SMALL | more, network, made.split, scale)


def test_the_student_alone_sees_the_recipe_s_views(made):
    own, whole = alone(made).experiment.analysis, made.experiment.analysis

    assert own.views.steps == whole.views.steps
    assert {step.op for step in own.views.steps} >= {"flip", "crop"}
    assert [(step.op, dict(step.knobs)["pad"]) for step in own.views.steps if step.knobs] == [
        ("crop", 2)
    ]


def test_the_student_alone_has_the_protocol_of_the_stage_that_trains_it(made):
    lesson = alone(made).experiment
    ((stage, built),) = lesson.analysis.stages
    training = lesson.training(stage)

    assert (training.epochs, training.lr, training.batch) == (6, 0.3, 10)
    assert training == made.experiment.training(made.experiment.analysis.stages[1][0])
    assert [term.name for term in built.graph.terms] == ["sup"]


def test_the_command_line_wins_for_the_student_alone_as_well(made):
    lesson = alone(made, **{"train.lr": "0.01"}).experiment
    stage = lesson.analysis.stages[0][0]

    assert lesson.training(stage).lr == 0.01


def test_a_teacher_sees_neither_the_recipe_s_views_nor_its_stages(made):
    lesson = teachers_lesson(
        made.experiment, SMALL, "teacher", made.networks["teacher"], made.split
    ).experiment
    training = lesson.training(lesson.analysis.stages[0][0])

    assert lesson.analysis.views.steps != made.experiment.analysis.views.steps
    assert training.lr not in {0.7, 0.3}
