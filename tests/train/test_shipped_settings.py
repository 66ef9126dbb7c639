"""What the shipped settings come to, against the protocols of the papers."""

from __future__ import annotations

import pytest

from kdgraph.experiment import examine

# setting → epochs, batch, rate, weight decay, last epochs before a drop
PROTOCOLS = {
    "cifar100": (240, 64, 0.05, 5e-4, (150, 180, 210)),
    "cifar100-light": (240, 64, 0.01, 5e-4, (150, 180, 210)),
    "imagenet": (100, 256, 0.1, 1e-4, (30, 60, 90)),
}


@pytest.mark.parametrize("setting", PROTOCOLS)
def test_a_students_protocol_is_that_of_the_papers(setting: str):
    experiment = examine("kd", setting)
    training = experiment.training(experiment.analysis.stages[0][0], None)

    assert PROTOCOLS[setting] == (
        training.epochs, training.batch, training.lr, training.weight_decay, training.drops,
    )  # fmt: skip
    assert (training.optimizer, training.momentum, training.nesterov) == ("sgd", 0.9, False)
    assert training.schedule == "steps"


def test_with_a_light_student_teacher_and_teachers_head_keep_their_rate():
    experiment = examine("sskd", "cifar100-light")
    (head, _), (student, _) = experiment.analysis.stages
    of_head, of_student = experiment.training(head, None), experiment.training(student, None)

    assert experiment.setting.models["teacher"].train.lr == 0.05
    assert (of_head.lr, of_head.epochs, of_head.drops) == (0.05, 60, (30, 45))
    assert (of_student.lr, of_student.epochs) == (0.01, 240)
