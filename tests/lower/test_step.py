"""A step gives tensors, keeps its teacher as it is, knows its state, and says where it failed."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.models.build import build
from tests.lower.small import RECIPE, Net, Small, autocast_covers_networks_only


@pytest.fixture
def small():
    return Small()


def outcome(small, rows=4):
    return small.step(small.images(rows), small.labels(rows))


def test_every_value_is_a_0_d_tensor_on_the_device_of_the_step(small):
    out = outcome(small)

    for one in (out.total, *out.terms.values(), *out.weights.values()):
        assert isinstance(one, torch.Tensor)
        assert one.shape == ()
        assert one.device == small.images(1).device
        assert one.dtype == torch.float64
    assert set(out.terms) == set(out.weights) == {"sup", "kd", "near"}


def test_the_total_is_the_weighted_sum_of_the_terms(small):
    small.step.clock(epoch=1, epochs=4)
    out = outcome(small)

    total = sum(out.weights[name] * out.terms[name] for name in out.terms)
    torch.testing.assert_close(out.total, total)


def test_a_schedule_follows_the_clock(small):
    # anneal(0, 1) over 4 epochs: (1 − cos(π·epoch/4))/2
    weights = []
    for epoch in (1, 2, 3, 4):
        small.step.clock(epoch=epoch, epochs=4)
        weights.append(outcome(small).weights["kd"].item())

    assert weights == pytest.approx([(1 - math.cos(math.pi * e / 4)) / 2 for e in (1, 2, 3, 4)])
    assert outcome(small).weights["near"].item() == 0.5


def test_the_clock_has_no_other_hands(small):
    with pytest.raises(TypeError, match="epoch, epochs and step, not 'hour'"):
        small.step.clock(hour=3)


def test_every_term_can_be_gone_back_from_alone(small):
    outcome(small).terms["near"].backward()

    assert small.student.conv.weight.grad is not None
    assert small.student.fc.weight.grad is None


def test_the_teacher_s_parameters_and_buffers_stay_bit_equal_over_steps(small):
    before = {name: one.clone() for name, one in small.teacher.state_dict().items()}
    moved = {name: one.clone() for name, one in small.student.state_dict().items()}
    optimizer = torch.optim.SGD([one for *_, one in small.step.trained()], lr=0.1)
    for seed in range(3):
        small.step.train()
        small.step(small.images(4, seed), small.labels(4)).total.backward()
        optimizer.step()
        small.step.commit()

    assert all(torch.equal(one, before[name]) for name, one in small.teacher.state_dict().items())
    assert not any(torch.equal(o, moved[name]) for name, o in small.student.state_dict().items())


def test_train_and_eval_reach_the_student_and_never_the_teacher(small):
    seen = []
    small.teacher.bn.register_forward_hook(lambda module, *_: seen.append(module.training))
    for mode in (False, True):
        small.step.train(mode)
        outcome(small)
        assert {one.training for one in small.student.modules()} == {mode}

    assert seen == [False, False]


def test_trained_are_the_student_and_the_recipe_s_modules(small):
    found = {(part, name) for part, name, _ in small.step.trained()}

    assert {part for part, _ in found} == {"student", "modules"}
    assert ("student", "fc.weight") in found
    assert all(one.requires_grad for *_, one in small.step.trained())
    assert len(list(small.step.parameters())) == len(small.step.trained())


def test_the_state_holds_what_is_trained_and_not_the_teacher(small):
    names = list(small.step.state_dict())

    assert not any("teacher" in name for name in names)
    assert any(name.endswith("bn.running_mean") for name in names)
    assert sum("linear" in name for name in names) == 4
    assert len(names) == len(small.student.state_dict()) + 4


def test_a_loaded_state_gives_the_loss_back(small):
    small.step.eval()
    state = {name: one.clone() for name, one in small.step.state_dict().items()}
    then = outcome(small).total.detach()
    with torch.no_grad():
        for _, _, one in small.step.trained():
            one.add_(torch.ones_like(one))
    assert outcome(small).total != then

    small.step.load_state_dict(state)

    assert torch.equal(outcome(small).total, then)


def test_the_state_of_another_step_is_refused(small):
    other = Small("loss: cross_entropy(student.logits, y)").step.state_dict()

    with pytest.raises(RuntimeError, match=r"of another step: .*linear"):
        small.step.load_state_dict(other)


def test_what_a_step_needs_is_named_where_it_is_missing(small):
    with pytest.raises(TypeError, match="needs 'y'; it takes x, y"):
        small.step(small.images(4))


def test_views_may_come_by_name(small):
    by_name = small.step({"x": small.images(4)}, small.labels(4)).total

    assert torch.equal(by_name, outcome(small).total)


def test_two_steps_may_share_their_networks(small):
    alone = outcome(small).total
    models = {"teacher": small.teacher, "student": small.student}
    other = kdgraph.compile(RECIPE, models=models, sample=small.images(4))
    other.clock(epoch=1, epochs=1)

    assert torch.equal(other(small.images(4), small.labels(4)).total, alone)
    assert torch.equal(outcome(small).total, alone)
    del other
    assert torch.equal(outcome(small).total, alone)


def test_a_batch_of_another_size_is_taken(small):
    assert outcome(small, rows=7).total.isfinite()


def fault(step, *batch):
    with pytest.raises((RuntimeError, IndexError)) as caught:
        step(*batch)
    return caught.value


def test_a_fault_in_a_term_names_the_line_of_the_recipe(small):
    small.student.fc.weight.data = small.student.fc.weight.data[:3]
    small.student.fc.bias.data = small.student.fc.bias.data[:3]
    note = fault(small.step, small.images(4), small.labels(4)).__notes__

    assert note == ["in the recipe: <recipe>:4 cross_entropy(student.logits, y)"]


def test_a_fault_inside_a_network_names_what_asked_for_it(small):
    small.teacher.conv.weight.data = small.teacher.conv.weight.data[:, :2]
    found = fault(small.step, small.images(4), small.labels(4))

    assert "to have 2 channels" in str(found)
    assert found.__notes__ == ["in the recipe: <recipe>:5 teacher.logits"]


def test_a_fault_of_an_operator_keeps_its_traceback_and_prints_nothing(capfd):
    text = "loss: mean(student.logits·w)\nwhere: {w: teacher.gate}\n"  # of axes nobody knows
    x = torch.zeros(2, 3, 6, 6)
    step = kdgraph.compile(text, models={"student": Net(4)}, sample=x, given=["w"])
    with pytest.raises(RuntimeError) as caught:
        step(x, w=torch.zeros(7))

    assert caught.value.__notes__ == ["in the recipe: <recipe>:1 student.logits·w"]
    assert "student_logits * w" in str(caught.traceback[-1].statement)
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_caller_has_no_line(small):
    with pytest.raises(TypeError) as caught:
        small.step(small.images(4))

    assert not hasattr(caught.value, "__notes__")


def test_icd_on_the_zoo_gives_a_gradient_to_all_that_is_trained_and_nothing_else():
    torch.manual_seed(0)
    models = {"teacher": build("resnet20", 10), "student": build("resnet8", 10)}
    x = torch.randn(4, 3, 32, 32)
    step = kdgraph.compile("icd", models=models, sample=x)
    step(x, torch.arange(4)).total.backward()

    trained = {id(one) for *_, one in step.trained()}
    given = {id(one) for one in step.parameters() if one.grad is not None}
    assert trained == given
    assert all(isinstance(one, nn.Parameter) for *_, one in step.trained())


def test_autocast_covers_networks_only():
    autocast_covers_networks_only("cpu")


@pytest.mark.parametrize(
    "times",
    [
        {"epoch": 0}, {"epoch": -1}, {"epoch": 5, "epochs": 4}, {"epochs": 0}, {"step": -1},
        {"epoch": "1"}, {"epoch": True}, {"epoch": float("nan")}, {"epochs": float("inf")},
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_refused_and_nothing_is_set(small, times):
    small.step.clock(epoch=1, epochs=4, step=0)
    with pytest.raises(ValueError, match=r"epoch|step"):
        small.step.clock(**times)

    assert small.step.program.clock.told == {"epoch": 1, "epochs": 4, "step": 0}


def test_a_schedule_is_not_followed_before_the_time_is_told():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(3, 2)
            self.aliases = {"logits": ""}

        def forward(self, x):
            return self.fc(x)

    x, y = torch.ones(4, 3), torch.zeros(4, dtype=torch.long)
    text = "loss: ramp(0, 1)·cross_entropy(student.logits, y)"
    step = kdgraph.compile(text, models={"student": Net()}, sample=x)
    with pytest.raises(ValueError, match=r"step.clock\(epoch=…, epochs=…\)"):
        step(x, y)
    step.clock(epoch=1, epochs=4)
    (weight,) = step(x, y).weights.values()

    assert weight.item() == pytest.approx(0.25)


def test_accumulation_as_the_trainer_of_hugging_face_does_it_is_the_mean_of_the_parts():
    """It divides a part's loss by their number, unless the model seems to take loss keywords."""
    small = Small(recipe="loss: cross_entropy(student.logits @ teacher.logitsᵀ, origin(x))")

    def gradients(parts):
        small.step.zero_grad()
        for part in parts:
            takes = (
                small.step.accepts_loss_kwargs
                if hasattr(small.step, "accepts_loss_kwargs")
                else any(
                    one.kind == inspect.Parameter.VAR_KEYWORD
                    for one in inspect.signature(small.step.forward).parameters.values()
                )
            )
            loss = small.step(small.images(4, seed=part))[0]
            (loss if takes else loss / len(parts)).backward()
        return [one.grad.clone() for *_, one in small.step.trained() if one.grad is not None]

    alone = [gradients([part]) for part in (1, 2)]
    for found, one, other in zip(gradients([1, 2]), *alone, strict=True):
        torch.testing.assert_close(found, (one + other) / 2, rtol=1e-9, atol=1e-12)


def test_a_weight_that_is_computed_of_numbers_alone_is_a_tensor():
    x = torch.rand(2, 3, 4, 4)
    step = kdgraph.compile(
        "loss: mean(0.5)·mean(student.logits)", models={"student": Net(2)}, sample=x
    )

    (weight,) = step(x).weights.values()
    torch.testing.assert_close(weight, torch.tensor(0.5))
