"""Fidelity of a student to its teachers, against numbers worked out elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from kdgraph.data.images import Images
from kdgraph.losses.calibration import ece, together
from kdgraph.train.fidelity import fidelity
from tests.references.fills import wave

CPU = torch.device("cpu")
Y = [0, 1, 2, 0, 2, 1]
STUDENT = wave((6, 3), 0.7, 0.1, 3)
MEMBERS = wave((6, 3), 0.5, 0.3, 3), wave((6, 3), 0.8, 0.6, 3)
KNOWN = {
    "agreement": 4 / 6,
    "kl": 0.429637083786,
    "ece": 0.538102640995,
    "accuracy": 1 / 6,
    "nll": 2.36914544176,
}


class Lookup(nn.Module):
    """Gives the row of a table that the image's only pixel names."""

    def __init__(self, rows):
        super().__init__()
        self.rows = nn.Parameter(torch.as_tensor(rows))
        self.norm = nn.BatchNorm1d(1)
        self.modes = []

    def forward(self, x):
        self.modes.append((self.training, self.norm.training, torch.is_grad_enabled()))
        return self.rows[x[:, 0, 0, 0].long()]


def examples(labels=Y):
    count = len(labels)
    pixels = torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1)
    return Images(pixels, torch.tensor(labels), ("a", "b", "c"))


def look(pixels, _):
    return {"x": pixels}


def measured(batch=6, students=(STUDENT,), teachers=MEMBERS, **more):
    return fidelity(
        {f"s{n}": Lookup(rows) for n, rows in enumerate(students)},
        {f"t{n}": Lookup(rows) for n, rows in enumerate(teachers)},
        examples(),
        look,
        batch=batch,
        device=CPU,
        **more,
    )


@pytest.mark.parametrize("batch", [1, 4, 5, 6, 100])
def test_an_ensemble_and_its_student_have_the_known_numbers_for_any_batch(batch):
    found = measured(batch)["s0"]

    for name, value in KNOWN.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-9), name


def test_the_surprise_is_not_that_of_all_labels_for_every_row():
    # the released code takes the mean of a 6×6 block, 1.6177, in place of its diagonal
    log_p = torch.log_softmax(torch.as_tensor(STUDENT), -1)

    assert -log_p[:, Y].mean() == pytest.approx(1.6177, abs=1e-4)
    assert measured()["s0"].nll == pytest.approx(2.3691, abs=1e-4)


def test_a_teacher_agrees_with_itself():
    found = measured(students=[MEMBERS[0]], teachers=[MEMBERS[0]])

    assert (found["s0"].agreement, found["s0"].kl) == (1, pytest.approx(0, abs=1e-12))
    same = ("accuracy", "nll", "ece")
    assert found["t0"].told() == pytest.approx({one: found["s0"].told()[one] for one in same})


def test_teachers_are_averaged_by_their_probabilities():
    p = np.stack([np.exp(z) / np.exp(z).sum(1, keepdims=True) for z in MEMBERS]).mean(0)
    one = measured()["t0, t1"]

    assert one.nll == pytest.approx(-np.log(p[range(6), Y]).mean(), abs=1e-9)
    assert one.accuracy == pytest.approx((p.argmax(1) == Y).mean())
    whole = together([torch.as_tensor(z) for z in MEMBERS])
    np.testing.assert_allclose(whole.exp().numpy(), p, atol=1e-12)


def test_without_a_teacher_there_is_nothing_to_agree_with():
    found = measured(teachers=())

    assert list(found) == ["s0"]
    assert (found["s0"].agreement, found["s0"].kl) == (None, None)
    assert found["s0"].ece == pytest.approx(KNOWN["ece"], abs=1e-9)


def test_networks_are_in_evaluation_mode_meanwhile_and_as_they_were_after():
    student, teacher = Lookup(STUDENT), Lookup(MEMBERS[0])
    student.train()
    student.norm.eval()
    teacher.eval()

    fidelity({"s": student}, {"t": teacher}, examples(), look, batch=4, device=CPU)

    assert set(student.modes) == set(teacher.modes) == {(False, False, False)}
    assert (student.training, student.norm.training, teacher.training) == (True, False, False)


def test_calibration_of_four_rows_worked_by_hand():
    # confidences 0.95 right, 0.92 wrong (bin ten); 0.55 right, 0.6 right (bin six, 0.6 is its end)
    p = torch.tensor([[0.95, 0.05], [0.92, 0.08], [0.45, 0.55], [0.4, 0.6]], dtype=torch.float64)
    truth = torch.tensor([0, 1, 1, 1])

    by_hand = (abs(1 - 1.87) + abs(2 - 1.15)) / 4
    assert ece(p.log(), truth).item() == pytest.approx(by_hand, abs=1e-12)


def test_a_bin_has_its_upper_end_and_not_its_lower():
    # exactly 1/2 twice: of two bins the first, (0, 1/2]; one of the rows is right
    assert ece(torch.zeros(2, 2), torch.tensor([0, 1]), bins=2).item() == 0
    # with three bins both are in (1/3, 2/3]; with 0.7311 beside them in another
    z = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    sure = 1 / (1 + math.exp(-1))
    both = ece(z, torch.tensor([0, 1]), bins=2)
    assert both.item() == pytest.approx((abs(1 - 0.5) + abs(1 - sure)) / 2)
