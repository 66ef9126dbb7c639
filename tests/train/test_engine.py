from __future__ import annotations

import pytest
import torch

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.batch import NoBatches
from kdgraph.lang.errors.run import NonFinite, NothingTrained
from kdgraph.train.engine import train_stage
from kdgraph.train.events import Begun, Evaluated, Finished, Logged, Saved
from tests.train.small import VIEWS, SmallStep, images, protocol

CPU = torch.device("cpu")


def run(step, out, *, split=None, told=None, **more):
    split = split or images()
    events = []
    usual = {"seed": 0, "out": out, "device": CPU, "listeners": (events.append,), "log_every": 4}
    result = train_stage(step, split, VIEWS, protocol(**(told or {})), **{**usual, **more})
    return result, events


def state(step):
    return {name: tensor.clone() for name, tensor in step.state_dict().items()}


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_a_small_student_learns(tmp_path):
    result, _ = run(SmallStep(200, drop=0), tmp_path, split=images(200, 100), told={"epochs": 12})

    assert result.last.measures["accuracy"] > 0.6
    assert result.history[-1].total < result.history[0].total
    assert result.best.measures["accuracy"] == max(
        one.measures["accuracy"] for one in result.history
    )


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(tmp_path):
    one, two, other = SmallStep(44), SmallStep(44), SmallStep(44)

    run(one, tmp_path / "1")
    run(two, tmp_path / "2")
    run(other, tmp_path / "3", seed=1)

    assert_equal(state(one), state(two))
    assert not torch.equal(one.student.fc.weight, other.student.fc.weight)


def test_events_come_in_order_and_logged_means_are_those_of_the_steps(tmp_path):
    seen = []
    step = SmallStep(44)
    forward = step.forward

    def noting(*inputs):
        out = forward(*inputs)
        seen.append(out.total.item())
        return out

    step.forward = noting
    _, events = run(step, tmp_path, told={"epochs": 2})

    kinds = [type(one) for one in events]
    assert kinds == [
        Begun, Logged, Evaluated, Saved, Logged, Logged, Evaluated, Saved, Finished,
    ]  # fmt: skip
    logged = [one for one in events if isinstance(one, Logged)]
    assert [one.at.step for one in logged] == [4, 8, 12]
    assert [one.total for one in logged] == pytest.approx(
        [sum(seen[k : k + 4]) / 4 for k in (0, 4, 8)]
    )
    assert logged[-1].within == 1
    assert logged[1].weights == {"sup": 1, "rel": 1}  # β = epoch / epochs
    evaluated = [one for one in events if isinstance(one, Evaluated)]
    assert evaluated[0].result.total == pytest.approx(sum(seen[:6]) / 6)


@pytest.mark.parametrize("poisoned", [2, 5, 7])
def test_after_a_loss_that_is_not_finite_nothing_changes_and_nothing_is_saved(tmp_path, poisoned):
    # 6 steps an epoch, a fetch every 4: the bad step lies between fetches, and the loop goes on
    step, before = SmallStep(44, poison=poisoned), []
    forward = step.forward

    def noting(*inputs):
        before.append(state(step))
        return forward(*inputs)

    step.forward = noting
    with pytest.raises(RecipeError) as caught:
        run(step, tmp_path)

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, NonFinite)
    assert (mistake.term, mistake.step, mistake.epoch) == ("rel", poisoned, 1 + poisoned // 6)
    after = state(step)
    counters = {name for name in after if "num_batches" in name or "running" in name}
    for name in after.keys() - counters:  # batch norm's statistics move in the forward
        assert torch.equal(after[name], before[poisoned][name]), name
    saved = tmp_path / "checkpoints" / "1"
    assert len(list(saved.glob("0*"))) == (1 if poisoned >= 6 else 0)


def test_a_gradient_that_is_not_finite_is_told_from_a_loss_that_is_not(tmp_path):
    step = SmallStep(44)
    step.theta.register_hook(lambda gradient: gradient * float("inf"))
    before = state(step)

    with pytest.raises(RecipeError) as caught:
        run(step, tmp_path)

    (mistake,) = caught.value.diagnostics
    assert "the gradient is not finite in epoch 1, step 0" in str(mistake)
    assert torch.equal(step.memory.rows, before["memory.rows"])
    assert torch.equal(step.head.weight, before["head.weight"])


@pytest.mark.parametrize("spoilt", [2, 5, 7])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_statistic_that_is_not_finite_stops_a_run_whose_loss_is_fine(tmp_path, spoilt, value):
    step, before = SmallStep(44), []
    forward = step.forward

    def spoiling(*inputs):
        before.append(state(step))
        outcome = forward(*inputs)
        if len(before) == spoilt + 1:
            step.student.norm.running_var.data[1] = value  # as a forward: unseen by autograd
        return outcome

    step.forward = spoiling
    with pytest.raises(RecipeError) as caught:
        run(step, tmp_path)

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, NonFinite)
    assert mistake.term == "student.norm.running_var"
    assert (mistake.step, mistake.epoch) == (spoilt, 1 + spoilt // 6)
    assert torch.equal(step.head.weight, before[spoilt]["head.weight"])
    assert torch.equal(step.memory.rows, before[spoilt]["memory.rows"])
    assert len(list((tmp_path / "checkpoints" / "1").glob("0*"))) == (1 if spoilt >= 6 else 0)


@pytest.mark.parametrize("saved", [True, False])
def test_what_is_infinite_by_design_stops_no_run(tmp_path, saved):
    step = SmallStep(44)
    mask = torch.full((3, 3), -torch.inf).triu(1)  # of a causal attention
    step.student.norm.register_buffer("mask", mask, persistent=saved)

    run(step, tmp_path, told={"epochs": 1})

    assert torch.equal(step.student.norm.mask, mask)
    assert len(list((tmp_path / "checkpoints" / "1").glob("0*"))) == 1


def weights_after_the_last_update(step):
    step.theta.register_hook(lambda gradient: gradient.sign() * 1e3)
    return {"lr": 1e38}


def memory_after_the_last_step(step):
    commit = step.commit

    def spoiling(finite=None):
        commit(finite)
        step.memory.rows[3, 0] = float("nan")

    step.commit = spoiling
    return {}


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (weights_after_the_last_update, "step/theta"),
        (memory_after_the_last_step, "step/memory.rows"),
    ],
)
def test_what_the_last_step_leaves_is_looked_at_before_it_is_saved(tmp_path, spoil, name):
    step = SmallStep(8)

    with pytest.raises(RecipeError) as caught:
        run(step, tmp_path, split=images(8), told={"epochs": 1, **spoil(step)})

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, NonFinite)
    assert (mistake.term, mistake.epoch, mistake.step) == (name, 1, 0)
    assert not (tmp_path / "checkpoints" / "1").exists()


def test_a_batch_of_one_is_dropped_where_batch_norm_trains(tmp_path):
    with_norm, _ = run(SmallStep(17), tmp_path / "1", split=images(17), told={"epochs": 1})
    without, _ = run(
        SmallStep(17, norm=False), tmp_path / "2", split=images(17), told={"epochs": 1}
    )

    assert with_norm.last.step == 2
    assert without.last.step == 3


def test_a_short_last_batch_is_used_unless_it_is_to_be_dropped(tmp_path):
    used, _ = run(SmallStep(44), tmp_path / "1", told={"epochs": 1})
    dropped, _ = run(SmallStep(44), tmp_path / "2", told={"epochs": 1, "drop_last": True})

    assert (used.last.step, dropped.last.step) == (6, 5)


def test_a_training_set_smaller_than_a_batch_is_refused_where_short_ones_are_dropped(tmp_path):
    with pytest.raises(RecipeError) as caught:
        run(SmallStep(44), tmp_path, told={"batch": 64, "drop_last": True})

    assert isinstance(caught.value.diagnostics[0], NoBatches)


def test_a_stage_that_trains_nothing_is_refused(tmp_path):
    step = SmallStep(44)
    step.trained = list

    with pytest.raises(RecipeError) as caught:
        run(step, tmp_path)

    assert isinstance(caught.value.diagnostics[0], NothingTrained)


def test_a_batch_in_parts_gives_the_gradient_of_the_whole(tmp_path):
    # only for a loss that is a mean over rows, and without batch norm
    whole, parts = (SmallStep(44, norm=False, drop=0) for _ in range(2))
    for step in (whole, parts):
        step.memory.rows.requires_grad_(False)
        forward = step.forward

        def only_sup(*inputs, forward=forward):
            out = forward(*inputs)
            return out._replace(total=out.terms["sup"])

        step.forward = only_sup
        step.commit = lambda _=None, step=step: step.staged.clear()
        step.trained = lambda step=step: [
            ("student", name, one) for name, one in step.student.named_parameters()
        ]

    one, _ = run(whole, tmp_path / "1")
    other, _ = run(parts, tmp_path / "2", told={"accumulate": 3})

    torch.testing.assert_close(whole.student.fc.weight, parts.student.fc.weight)
    assert other.last.total == pytest.approx(one.last.total)


def test_memory_is_written_once_a_batch_however_many_parts_it_has(tmp_path):
    step, calls = SmallStep(44), []
    commit = step.commit

    def counting(finite):
        calls.append(len(step.staged))
        commit(finite)

    step.commit = counting
    run(step, tmp_path, told={"accumulate": 2, "epochs": 1})

    assert calls == [2] * 6


def test_the_gradient_is_clipped_to_the_norm_asked_for(tmp_path):
    step, norms = SmallStep(44), []
    told = {"clip": 0.01, "momentum": 0, "weight_decay": 0, "epochs": 1, "lr": 1.0}
    commit, before = step.commit, [state(step)]

    def measuring(finite):
        commit(finite)
        now = state(step)
        moved = [now[n] - before[-1][n] for n, _ in step.named_parameters()]
        norms.append(torch.cat([one.flatten() for one in moved]).norm().item())
        before.append(now)

    step.commit = measuring
    run(step, tmp_path, told=told)

    assert norms == pytest.approx([0.01] * 6, rel=1e-2)


def test_the_best_weights_are_those_left_in_the_network_where_asked_for(tmp_path):
    scores = iter([0.1, 0.9, 0.3])
    step, seen = SmallStep(44), []

    def measure():
        seen.append(state(step))
        return {"accuracy": next(scores)}

    result, _ = run(step, tmp_path, told={"select": "best"}, evaluate=measure)

    assert (result.best.epoch, result.last.epoch) == (2, 3)
    assert torch.equal(step.student.fc.weight, seen[1]["student.fc.weight"])


def test_a_stage_that_does_not_train_the_student_does_not_evaluate_it(tmp_path):
    step = SmallStep(44)
    step.trained = lambda: [("head", name, one) for name, one in step.head.named_parameters()]

    result, _ = run(step, tmp_path)

    assert result.last.measures == {}
    assert result.best == result.last


def test_the_step_compiles_whole_and_learns_the_same(tmp_path):
    eager, compiled = SmallStep(44, drop=0), SmallStep(44, drop=0)
    compiled.staged = []

    one, _ = run(eager, tmp_path / "1", told={"epochs": 2})
    other, _ = run(compiled, tmp_path / "2", told={"epochs": 2}, compile="aot_eager")

    assert compiled.state_dict().keys() == eager.state_dict().keys()
    assert other.last.total == pytest.approx(one.last.total, abs=1e-5)


def test_a_step_waits_for_the_host_only_when_it_fetches(tmp_path, monkeypatch):
    fetches, step, split = [], SmallStep(44), images()
    forward = step.forward
    item, tolist = torch.Tensor.item, torch.Tensor.tolist

    def noted(kind, original):
        def call(self):
            fetches.append((kind, len(steps)))
            return original(self)

        return call

    steps = []

    def counting(*inputs):
        steps.append(1)
        return forward(*inputs)

    step.forward = counting
    monkeypatch.setattr(torch.Tensor, "item", noted("item", item))
    monkeypatch.setattr(torch.Tensor, "tolist", noted("tolist", tolist))
    run(step, tmp_path, split=split, told={"epochs": 1}, log_every=4)

    # after 4 steps; at the epoch's end: the last two rows, the accuracy, the vote to go on
    assert fetches == [("tolist", 4), ("tolist", 6), ("item", 6), ("tolist", 6)]
