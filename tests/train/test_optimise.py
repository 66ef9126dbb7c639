from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import UnknownPart
from kdgraph.train import optimise
from tests.train.small import protocol


def shares(training, batches):
    return [
        optimise.rate(training, epoch, batch, batches)
        for epoch in range(1, training.epochs + 1)
        for batch in range(batches)
    ]


def trained(*parameters, part="student"):
    return [optimise.Trained(part, f"p{n}", one) for n, one in enumerate(parameters)]


def weights(*shape):
    return nn.Parameter(torch.randn(*shape, generator=torch.Generator().manual_seed(3)))


def test_the_papers_drops_begin_in_epochs_151_181_and_211():
    training = protocol(epochs=240, drops=["5/8", "3/4", "7/8"])
    by_epoch = {epoch: optimise.rate(training, epoch, 0, 782) for epoch in range(1, 241)}

    assert [epoch for epoch in range(2, 241) if by_epoch[epoch] < by_epoch[epoch - 1]] == [
        151, 181, 211,
    ]  # fmt: skip
    assert by_epoch[240] == pytest.approx(1e-3)


def test_one_cycle_is_that_of_torch():
    training = protocol(schedule="onecycle", epochs=7, lr=0.4)
    reference = torch.optim.SGD([weights(1)], lr=0.4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        reference, max_lr=0.4, total_steps=35, cycle_momentum=False
    )
    expected = []
    for _ in range(35):
        expected.append(reference.param_groups[0]["lr"])
        reference.step()
        schedule.step()

    assert [0.4 * share for share in shares(training, 5)] == pytest.approx(expected, rel=1e-9)


def test_cosine_is_that_of_torch():
    training = protocol(schedule="cosine", epochs=6)
    reference = torch.optim.SGD([weights(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(reference, T_max=30)
    expected = []
    for _ in range(30):
        expected.append(reference.param_groups[0]["lr"])
        reference.step()
        schedule.step()

    assert shares(training, 5) == pytest.approx(expected, abs=1e-9)


def test_warmup_rises_in_equal_steps_to_the_whole_rate():
    training = protocol(schedule="constant", epochs=4, warmup=2)

    assert shares(training, 2) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0])


def test_a_run_of_one_step_has_a_rate_under_every_schedule():
    for schedule in ("steps", "cosine", "onecycle", "constant"):
        (share,) = shares(protocol(schedule=schedule, epochs=1), 1)
        assert 0 < share <= 1


@pytest.mark.parametrize("told", [{"nesterov": True}, {"momentum": 0}, {"optimizer": "adamw"}])
def test_steps_are_those_of_torchs_plain_optimiser(told):
    ours, theirs = weights(3, 4), weights(3, 4)
    training = protocol(weight_decay=0.01, **told)
    optimizer = optimise.build(training, trained(ours))
    if training.optimizer == "adamw":
        reference = torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.01, fused=False)
    else:
        reference = torch.optim.SGD(
            [theirs], lr=0.1, momentum=training.momentum, nesterov=training.nesterov,
            weight_decay=0.01,
        )  # fmt: skip
    for step in range(5):
        for one in (ours, theirs):
            one.grad = torch.full_like(one, 0.1 * step) + one.detach()
        optimise.mask(optimizer, torch.tensor(True))
        optimizer.step()
        reference.step()

    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("told", [{}, {"optimizer": "adamw"}])
def test_a_masked_step_changes_not_a_bit(told):
    one = weights(3)
    members = trained(one)
    optimizer = optimise.build(protocol(**told), members)
    one.grad = torch.ones(3)
    optimizer.step()
    before = one.detach().clone()
    remembered = {name: value.clone() for name, value in optimise.state(optimizer, members).items()}

    one.grad = torch.tensor([1.0, math.nan, 1.0])
    optimise.mask(optimizer, torch.tensor(False))
    optimizer.step()

    assert torch.equal(one, before)
    for name, value in optimise.state(optimizer, members).items():
        assert torch.equal(value, remembered[name])


def test_the_narrowest_key_of_groups_wins():
    student = optimise.Trained("student", "fc.weight", weights(2, 2))
    bias = optimise.Trained("student", "fc.bias", weights(2))
    scalar = optimise.Trained("θ", "θ", nn.Parameter(torch.tensor(1.0)))
    training = protocol(
        lr=0.1,
        weight_decay=0.5,
        groups={
            "student.fc": {"lr": 0.3},
            "student": {"lr": 0.2, "weight_decay": 0.4},
            "vectors": {"weight_decay": 0},
            "θ": {"lr": 0.01},
        },
    )
    optimizer = optimise.build(training, [student, bias, scalar])

    asked = {
        id(one): (group["top_lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for one in group["params"]
    }
    assert asked[id(student.parameter)] == (0.3, 0.4)
    assert asked[id(bias.parameter)] == (0.3, 0)
    assert asked[id(scalar.parameter)] == (0.01, 0)


def test_a_part_that_is_not_trained_is_refused_with_the_nearest_name():
    training = protocol(groups={"studnet": {"lr": 0.1}})

    with pytest.raises(RecipeError) as caught:
        optimise.build(training, trained(weights(2)))

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, UnknownPart)
    assert "did you mean `student`" in str(mistake)


def test_what_the_optimiser_remembers_comes_back_in_the_layout_of_its_parameter():
    one = nn.Parameter(torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last))
    members = trained(one)
    optimizer = optimise.build(protocol(), members)
    one.grad = torch.randn_like(one)
    optimizer.step()
    saved = {n: v.clone().contiguous() for n, v in optimise.state(optimizer, members).items()}

    again = optimise.build(protocol(), members)
    optimise.restore(again, members, saved)

    (buffer,) = optimise.state(again, members).values()
    assert torch.equal(buffer, *saved.values())
    assert buffer.stride() == one.stride()
