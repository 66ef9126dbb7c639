"""Who learns and in which mode is each step's own: no flag of the caller's models decides it."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

import kdgraph
from kdgraph.lang.diagnostics import RecipeError

X = torch.randn(6, 3, 6, 6, generator=torch.Generator().manual_seed(0))
Y = torch.arange(6) % 5
KD = "loss: kd(teacher.logits ‖ student.logits)\n"
FORMS = {
    "cut": KD,
    "cut early": "loss: mse(conv(student.bn, channels(teacher.bn)), teacher.bn)\n",
    "left early": "loss: mse(conv(student.bn, channels(teacher.bn)), teacher.bn)\n",
    "through": "loss: mean(teacher(v).logits) + mean(student.logits)\nwhere: {v: 'conv(x, 3)'}\n",
    "applied": "loss: mse(teacher.drop(student.logits), teacher.logits)\n",
}


class Net(nn.Module):
    """Batch norm and dropout make a mode observable."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, 5)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.fc(torch.relu(self.bn(self.conv(x))).mean((2, 3))))


class Looking(Net):
    """Looks at its values, so that nothing can trace it."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if x.sum() < 1e9 else -x)


@pytest.fixture
def models() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {"teacher": Net(7), "student": Net(4)}


def compiled(text, models, **more):
    return kdgraph.compile(text, models=models, sample=X, **more)


def staged(loss, **modes):
    words = ", ".join(f"{model}: {mode}" for model, mode in modes.items())
    return f"stages: [{{name: all, loss: '{loss}', mode: {{{words}}}}}]\n"


def state(network):
    return copy.deepcopy(network.state_dict())


def flags(network):
    return [
        *(one.training for one in network.modules()),
        *(one.requires_grad for one in network.parameters()),
    ]


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_compiling_and_training_leave_the_flags_of_a_teacher_as_they_are(models, training, wanted):
    teacher = models["teacher"].train(training).requires_grad_(wanted)
    teacher.bn.train(not training)
    before = flags(teacher)
    step = compiled(KD, models)
    step.train()
    step(X).total.backward()
    step.eval()

    assert flags(teacher) == before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("optimise", [True, False])
def test_a_container_in_train_mode_does_not_wake_the_teacher(models, form, optimise):
    if form == "left early":
        models["teacher"] = Looking(7)
    twin = copy.deepcopy(models)
    step = compiled(FORMS[form], models, optimise=optimise)
    other = compiled(FORMS[form], {**twin, "teacher": twin["teacher"].eval()}, optimise=optimise)
    before = state(models["teacher"])
    container = nn.ModuleDict({"step": step, "teacher": models["teacher"]})
    container.train()
    for _ in range(2):
        models["student"].drop.p = twin["student"].drop.p = 0.0  # leaves the teacher's alone
        total = step(X).total
        total.backward()
        torch.testing.assert_close(total, other(X).total, rtol=0, atol=0)

    assert same(before, models["teacher"].state_dict())
    assert all(one.grad is None for one in models["teacher"].parameters())
    assert all(one.training for one in models["teacher"].modules())


def test_a_fault_in_the_teacher_leaves_its_flags(models):
    step = compiled(KD, models)
    models["teacher"].fc.weight.data = torch.zeros(5, 1)
    with pytest.raises(RuntimeError):
        step(X)

    assert all(one.training for one in models["teacher"].modules())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_models_may_teach_each_other_whichever_is_compiled_first(models, order):
    pairs = [models, {"teacher": models["student"], "student": models["teacher"]}]
    steps = {place: compiled(KD, pairs[place]) for place in order}
    for place, step in steps.items():
        learner, frozen = pairs[place]["student"], pairs[place]["teacher"]
        before = state(frozen)
        step(X).total.backward()

        assert [id(p) for *_, p in step.trained()] == [id(p) for p in learner.parameters()]
        assert all(p.grad is not None for p in learner.parameters())
        assert all(p.grad is None for p in frozen.parameters())
        assert same(before, frozen.state_dict())
        assert learner.bn.num_batches_tracked == 1
        learner.zero_grad()
        learner.bn.reset_running_stats()


def test_one_step_s_mode_is_not_another_s(models):
    turned = {"teacher": models["student"], "student": models["teacher"]}
    one, other = compiled(KD, models), compiled(KD, turned)
    one.train()
    other.eval()
    one(X)

    assert models["student"].bn.num_batches_tracked == 1
    assert models["teacher"].bn.num_batches_tracked == 0


def test_what_the_caller_froze_stays_frozen_and_is_not_trained(models):
    models["student"].conv.requires_grad_(False)
    step = compiled("loss: kd(teacher.logits ‖ linear(student.logits, 5))\n", models)
    step(X).total.backward()
    names = [(part, name) for part, name, _ in step.trained()]

    assert ("student", "conv.weight") not in names
    assert ("student", "fc.weight") in names
    assert models["student"].conv.weight.grad is None
    assert not models["student"].conv.weight.requires_grad
    assert {id(p) for p in step.parameters()} == {id(p) for *_, p in step.trained()}


def test_the_parameters_of_a_step_are_what_it_trains_each_once_in_one_order(models):
    models["helper"] = Net(3)
    student = models["student"]
    student.again = nn.Linear(4, 5)
    student.again.weight = student.fc.weight
    text = (
        "loss: mse(student.again(student.fc.input), student.logits)"
        " + g·mse(student.logits, helper.logits)"
        " + mse(student.fc(student.fc.input), teacher.logits)\nwhere: {g: 'learn(1.0)'}\n"
    )
    steps = [compiled(text, models) for _ in range(2)]
    names = [[(part, name) for part, name, _ in step.trained()] for step in steps]
    known = [("student", name) for name, _ in student.named_parameters()]

    assert names[0] == names[1] == [*known, ("modules", "g")]
    for step in steps:
        parameters = [id(p) for p in step.parameters()]
        assert sorted(parameters) == sorted(id(p) for *_, p in step.trained())
        assert len(set(parameters)) == len(parameters)


def test_of_a_model_that_is_only_applied_just_that_part_is_trained(models):
    del models["teacher"]
    text = "loss: cross_entropy(student.fc(v), y)\nwhere: {v: 1}\n"
    step = compiled(text, models, given=["v"])
    step(X, Y, v=torch.randn(6, 4)).total.backward()

    assert [name for _, name, _ in step.trained()] == ["fc.weight", "fc.bias"]
    assert [name.rpartition(".")[2] for name in step.state_dict()] == ["weight", "bias"]


def test_a_step_of_which_nothing_can_learn_is_refused(models):
    models["student"].requires_grad_(False)
    with pytest.raises(RecipeError) as error:
        compiled(KD, models)

    assert [one.code for one in error.value.diagnostics] == ["KD420"]
    assert "no parameter of `student` asks for a" in str(error.value)
    compiled("loss: kd(teacher.logits ‖ linear(student.logits, 5))\n", models)


def test_a_teacher_in_train_mode_moves_its_buffers_and_they_are_state(models):
    step = compiled(staged("kd(teacher.logits, student.logits)", teacher="train"), models)
    teacher = models["teacher"].eval()
    weights = {name: one.clone() for name, one in teacher.named_parameters()}
    step.train()
    kept = {name: one.clone() for name, one in step.state_dict().items()}
    expected = copy.deepcopy(teacher.bn).train()
    step(X).total.backward()
    with torch.no_grad():
        expected(teacher.conv(X))

    assert torch.equal(teacher.bn.running_mean, expected.running_mean)
    assert teacher.bn.num_batches_tracked == 1
    assert same(weights, dict(teacher.named_parameters()))
    assert all(one.grad is None for one in teacher.parameters())
    assert not any(one.training for one in teacher.modules())
    moved = {name for name in kept if "teacher" in name}
    assert {name.rpartition("bn.")[2] for name in moved} == {
        "running_mean", "running_var", "num_batches_tracked",
    }  # fmt: skip

    after = state(teacher)
    step.eval()
    step(X)
    assert same(after, teacher.state_dict())
    step.load_state_dict(kept)
    assert teacher.bn.num_batches_tracked == 0
    assert torch.equal(teacher.bn.running_mean, torch.zeros(7))


def test_a_student_in_eval_mode_learns_without_dropout_and_with_the_statistics_it_has(models):
    student = models["student"]
    step = compiled(staged("cross_entropy(student.logits, y)", student="eval"), models)
    before = state(student.bn)
    nn.ModuleDict({"step": step, "student": student}).train()
    found = step(X, Y).total
    found.backward()
    gradient = student.conv.weight.grad.clone()
    twin = copy.deepcopy(student).eval()
    twin.zero_grad()
    F.cross_entropy(twin(X), Y).backward()

    torch.testing.assert_close(gradient, twin.conv.weight.grad)
    assert same(before, student.bn.state_dict())
    assert [name for _, name, _ in step.trained()] == [n for n, _ in student.named_parameters()]


@pytest.mark.parametrize("form", FORMS)
def test_it_compiles_whole_under_flags_that_say_otherwise(models, form):
    step = compiled(FORMS[form], models)
    models["student"].drop.p = 0.0
    nn.ModuleDict({"step": step, "teacher": models["teacher"]}).train()
    before, expected = state(models["teacher"]), step(X).total
    torch.compiler.reset()
    counter = CompileCounterWithBackend("aot_eager")
    whole = torch.compile(step, fullgraph=True, backend=counter)
    for _ in range(2):
        total = whole(X).total
        total.backward()
        torch.testing.assert_close(total, expected)

    assert counter.frame_count == 1
    assert same(before, models["teacher"].state_dict())
    assert all(one.training for one in models["teacher"].modules())
    assert all(one.grad is None for one in models["teacher"].parameters())


@pytest.mark.parametrize("mode", [{"teacher": "train"}, {"student": "eval"}])
def test_modes_of_the_recipe_compile_whole(models, mode):
    step = compiled(staged("mse(teacher.bn, conv(student.bn, 7))", **mode), models)
    twin = copy.deepcopy(models)
    other = compiled(staged("mse(teacher.bn, conv(student.bn, 7))", **mode), twin)
    torch.compiler.reset()
    step.compile(fullgraph=True, backend="aot_eager")
    for one in (step, other):
        one.train()
        one(X).total.backward()

    for name, network in models.items():
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, twin[name].state_dict()[key])
    assert models["teacher"].bn.num_batches_tracked == int("teacher" in mode)
    assert models["student"].bn.num_batches_tracked == int("student" not in mode)
