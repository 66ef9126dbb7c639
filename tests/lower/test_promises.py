"""What a step promises about networks, names and batches, tried where it was once broken."""

from __future__ import annotations

import copy

import pytest
import torch

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build

X, Y = torch.randn(6, 1, 8, 8), torch.tensor([0, 1, 2, 3, 4, 5])


@pytest.fixture
def models():
    torch.manual_seed(0)
    return {
        "teacher": build("convnet16", 10, channels=1),
        "student": build("convnet8", 10, channels=1),
    }


def compiled(models, loss, **more):
    return kdgraph.compile(f"loss: {loss}\n", models=models, sample=X, **more)


def codes(error):
    return [one.code for one in error.value.diagnostics]


def test_a_frozen_teacher_stays_so_on_a_view_that_is_trained(models):
    text = (
        "loss: soft + hard\nwhere:\n"
        "  soft: kd(teacher.logits ‖ student.logits)\n"
        "  hard: cross_entropy(teacher(v).logits, y)\n"
        "  v: conv(x, 1, k=3)\n"
    )
    before = copy.deepcopy(models["teacher"].state_dict())
    step = kdgraph.compile(text, models=models, sample=X)
    step.train()
    step(X, Y).total.backward()

    assert all(torch.equal(before[k], v) for k, v in models["teacher"].state_dict().items())
    assert all(p.grad is None for p in models["teacher"].parameters())
    assert step.parts.v.weight.grad.abs().sum() > 0


def test_a_module_of_the_teacher_is_applied_to_a_value_of_the_student(models):
    step = compiled(models, "mse(teacher.fc(linear(student.features, 16)), teacher.logits)")
    step(X).total.backward()

    assert not any("applied" in name for name in step.state_dict())
    assert all(p.grad is not None for name, _, p in step.trained() if name == "modules")
    assert all(p.grad is None for p in models["teacher"].parameters())


def test_batch_norm_applied_twice_is_counted_twice(models):
    text = (
        "loss: mean(head(student.features)^2) + mean(abs(head(student.features)))\n"
        'modules: {head: "bn()"}\n'
    )
    counted = []
    for optimise in (True, False):
        step = kdgraph.compile(text, models=models, sample=X, optimise=optimise)
        step(X)
        counted.append(step.parts.head.num_batches_tracked.item())

    assert counted == [2, 2]


def test_words_of_python_are_names_like_any_other(models):
    text = (
        "loss: class + forward\nwhere:\n"
        "  class: mse(linear(student.features, 16), teacher.features)\n"
        "  forward: mse(linear(student.features, 16), teacher.features)\n"
    )
    out = kdgraph.compile(text, models=models, sample=X)(X)

    assert set(out.terms) == {"class", "forward"}


def test_other_numbers_of_labels_than_images_are_refused(models):
    step = compiled(models, "cross_entropy(student.logits, y)")

    with pytest.raises(ValueError, match="6 of `x`, 4 of `y`"):
        step(X, Y[:4])


def test_names_that_nobody_knows_are_refused(models):
    with pytest.raises(ValueError, match="no name 'sp'"):
        kdgraph.compile("kd", models=models, sample=X, given=["sp"])
    with pytest.raises(TypeError, match="not foo"):
        kdgraph.compile("kd", models=models, sample=X)(X, Y, foo=X)


def test_a_size_nobody_told_is_refused(models):
    with pytest.raises(RecipeError) as error:
        compiled(models, "examples·mean(student.logits)")

    assert codes(error) == ["KD220"]
    assert compiled(models, "mean(student.logits)/examples", examples=9)(X).total.isfinite()


def test_the_rows_of_a_batch_can_be_counted(models):
    total = compiled(models, "sum(student.logits)/rows(student.logits)")(X).total

    torch.testing.assert_close(total, models["student"](X).sum() / 6)


def test_a_loss_of_which_nothing_is_left_is_refused(models):
    with pytest.raises(RecipeError) as error:
        compiled(models, "0·mean(student.logits)")

    assert codes(error) == ["KD418"]


def test_weights_shared_by_teacher_and_student_are_refused(models):
    models["teacher"].fc = models["student"].fc = torch.nn.Linear(8, 10)
    models["teacher"] = torch.nn.Sequential(models["student"].conv1, torch.nn.Flatten())
    with pytest.raises(RecipeError) as error:
        compiled(models, "mean(student.logits) + mean(student.logits)·mean(teacher.logits)")

    assert codes(error) == ["KD419"]
