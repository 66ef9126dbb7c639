"""A model whose weights are a moving average: what it holds, how it runs, who moves it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.func import functional_call

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.memory.ema import ema
from kdgraph.models.build import build

RECIPE = """
loss: sup + con
where:
  sup: cross_entropy(student.logits, y)
  t: ema(student, momentum=0.6)
  con: mse(softmax(t.logits) ‖ softmax(student.logits))
"""
X, Y = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(2)), torch.arange(6) % 10


@pytest.fixture
def student():
    torch.manual_seed(3)
    return build("convnet8", 10, channels=1)


def step_of(student, recipe=RECIPE, **more):
    return kdgraph.compile(recipe, models={"student": student}, sample=X, **more)


def weights(module):
    return {name: one.clone() for name, one in module.state_dict().items()}


def trained(step, steps=1, lr=0.5):
    """Some steps of plain descent; the weights after each."""
    found = []
    for _ in range(steps):
        step.zero_grad()
        out = step(X, Y)
        out.total.backward()
        with torch.no_grad():
            for *_, one in step.trained():
                one.sub_(one.grad, alpha=lr)
        step.commit()
        found.append(weights(step.models["student"]))
    return found


def held(step):
    memory = step.memory["t"]
    return dict(zip(memory.names, memory(), strict=True))


def test_an_average_worked_by_hand():
    # momentum 0.6: m = 1/2, then min(0.6, 2/3), then 0.6. Weights 1, 3, 2, 7:
    # (1 + 3)/2 = 2;  0.6·2 + 0.4·2 = 2;  0.6·2 + 0.4·7 = 4
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    memory = ema("student", network, momentum=0.6)
    seen = []
    for value in (3.0, 2.0, 7.0):
        network.weight.data.fill_(value)
        memory.write({})
        seen.append(memory()[0].item())

    assert seen == pytest.approx([2, 2, 4])


def test_at_first_it_is_the_plain_mean_of_all_weights_so_far():
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    memory = ema("student", network, momentum=0.999)
    for value in (2.0, 6.0, 7.0):
        network.weight.data.fill_(value)
        memory.write({})

    assert memory()[0].item() == pytest.approx((1 + 2 + 6 + 7) / 4)


def test_after_a_step_that_was_not_finite_it_is_as_it_was():
    network = nn.BatchNorm1d(2)
    memory = ema("student", network, momentum=0.5)
    before = weights(memory)
    network.running_mean.fill_(torch.nan)
    memory.write({}, torch.tensor(data=False))

    assert all(torch.equal(one, before[name]) for name, one in weights(memory).items())


def test_counters_are_copied_and_statistics_averaged():
    network = nn.BatchNorm1d(2)
    memory = ema("student", network, momentum=0.5)
    network.num_batches_tracked.fill_(7)
    network.running_mean.fill_(4.0)
    memory.write({})
    kept = dict(zip(memory.names, memory(), strict=True))

    assert kept["num_batches_tracked"].item() == 7
    assert kept["running_mean"].tolist() == [2.0, 2.0]


def test_it_begins_as_the_student_and_the_commit_alone_moves_it(student):
    step, before = step_of(student), weights(student)
    step(X, Y).total.backward()
    assert all(torch.equal(one, before[name]) for name, one in held(step).items())
    (after,) = trained(step)

    for name, one in held(step).items():
        if one.is_floating_point():
            torch.testing.assert_close(one, (before[name] + after[name]) / 2)


def test_what_it_says_is_the_student_with_averaged_weights_in_eval_mode(student):
    step = step_of(student, dtype=torch.float32)
    trained(step, steps=3)
    averages = held(step)
    student.eval()
    wanted = functional_call(student, averages, (X,)).softmax(1)
    student.train()
    out = step(X, Y)
    with torch.no_grad():
        state = weights(student)
        guess = student(X).softmax(1)
        student.load_state_dict(state)

    torch.testing.assert_close(out.terms["con"], ((wanted - guess) ** 2).mean())


def test_no_gradient_reaches_it_and_the_student_keeps_its_mode_and_statistics(student):
    step = step_of(student)
    trained(step, steps=2)
    mode = [one.training for one in student.modules()]
    tracked = [
        one.num_batches_tracked.item()
        for one in student.modules()
        if isinstance(one, nn.BatchNorm2d)
    ]
    step(X, Y).total.backward()

    assert [one.training for one in student.modules()] == mode
    after = [
        one.num_batches_tracked.item()
        for one in student.modules()
        if isinstance(one, nn.BatchNorm2d)
    ]
    assert after == [one + 1 for one in tracked]  # of the student's own forward alone
    assert not any(one.requires_grad for one in step.memory["t"]())
    assert {name for _, name, _ in step.trained()} == {
        name for name, _ in student.named_parameters()
    }


def test_it_is_part_of_the_steps_state(student):
    step = step_of(student)
    trained(step, steps=3)
    state = {name: one.clone() for name, one in step.state_dict().items()}
    torch.manual_seed(9)
    other = step_of(build("convnet8", 10, channels=1))
    other.load_state_dict(state)

    assert all(torch.equal(one, held(other)[name]) for name, one in held(step).items())
    assert trained(other)[0].keys() == trained(step)[0].keys()
    for name, one in held(step).items():
        assert torch.equal(one, held(other)[name]), name


def test_on_another_view_and_with_two_paces_it_runs_apart(student):
    step = step_of(
        student,
        "loss: sup + mse(softmax(slow(a).logits) ‖ p) + mse(softmax(fast.logits) ‖ p)\n"
        "views: {a: flip(image)}\n"
        "where:\n  sup: cross_entropy(student.logits, y)\n  p: softmax(student.logits)\n"
        "  slow: ema(student)\n  fast: ema(student, momentum=0)\n",
    )
    step({"x": X, "a": X}, Y).total.backward()
    with torch.no_grad():
        for *_, one in step.trained():
            one.sub_(one.grad)
    step.commit()

    fast = dict(zip(step.memory["fast"].names, step.memory["fast"](), strict=True))
    assert all(torch.equal(one, fast[name]) for name, one in student.state_dict().items())
    slow = dict(zip(step.memory["slow"].names, step.memory["slow"](), strict=True))
    assert not torch.equal(slow["fc.weight"], student.fc.weight)


def test_it_compiles_whole(student):
    torch._dynamo.reset()
    step = step_of(student)
    plain = step(X, Y).total
    step.compile(fullgraph=True, backend="aot_eager")

    torch.testing.assert_close(step(X, Y).total, plain, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ema(student.logits)", "not a model"),
        ("ema(student(a))", "not a model"),
        ("ema(ema(student))", "not a model"),
        ("ema(studnt)", "student"),
        ("ema(student, momentum=2)", "from 0 to 1"),
    ],
)
def test_anything_but_a_model_alone_is_refused(student, words, said):
    with pytest.raises(RecipeError) as caught:
        step_of(
            student,
            RECIPE.replace("ema(student, momentum=0.6)", words) + "views: {a: flip(image)}\n",
        )

    assert said in str(caught.value)


def test_a_part_of_it_is_not_applied_alone(student):
    with pytest.raises(RecipeError) as caught:
        step_of(
            student, RECIPE.replace("mse(softmax(t.logits)", "mse(softmax(t.fc(student.features))")
        )

    assert "part of an average" in str(caught.value)
