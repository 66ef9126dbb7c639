"""A step compiles as one graph, once: not again for an epoch, once more for a short batch.

Graphs are counted in float32, in which steps run; values are compared in float64. There a 0-d
tensor on a CPU may make the compiler start over while it compiles, which counts as a graph.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend

from tests.lower.small import Small


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.fixture
def small():
    return Small(dtype=torch.float32)


@pytest.fixture
def exact():
    return Small(dtype=torch.float64)


def counted(small, **words):
    """Compiles in place; `fullgraph` makes a graph break an error."""
    counter = CompileCounterWithBackend("aot_eager")
    small.step.compile(fullgraph=True, backend=counter, **words)
    return counter


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def same(out, other):
    close(out.total, other.total)
    close(out.terms, other.terms)
    close(out.weights, other.weights)


def test_values_and_gradients_equal_eager(exact):
    eager = exact.gradients()
    expected = exact.step(exact.images(4), exact.labels(4))
    counted(exact)

    close(exact.gradients(), eager)
    same(exact.step(exact.images(4), exact.labels(4)), expected)


def test_a_step_is_one_graph(small):
    counter = counted(small)
    for seed in range(3):
        small.gradients(seed=seed)

    assert counter.frame_count == 1


def test_torch_compile_around_a_step_is_one_graph_as_well(small):
    expected = small.step(small.images(4), small.labels(4)).total
    counter = CompileCounterWithBackend("aot_eager")
    whole = torch.compile(small.step, fullgraph=True, backend=counter)

    torch.testing.assert_close(whole(small.images(4), small.labels(4)).total, expected)
    assert counter.frame_count == 1


def test_every_value_is_a_0_d_tensor(small):
    counted(small)
    out = small.step(small.images(4), small.labels(4))

    assert all(one.shape == () for one in (out.total, *out.terms.values(), *out.weights.values()))
    assert list(out.terms) == list(out.weights) == ["sup", "kd", "near"]


@pytest.mark.parametrize("dynamic", [None, False])
def test_a_new_epoch_is_no_new_graph(small, dynamic):
    counter = counted(small, dynamic=dynamic)
    totals = []
    for epoch in range(1, 7):
        small.step.clock(epoch=epoch, epochs=6, step=10 * epoch)
        out = small.step(small.images(4), small.labels(4))
        out.total.backward()
        assert out.weights["kd"].item() == pytest.approx((1 - math.cos(math.pi * epoch / 6)) / 2)
        totals.append(out.total.item())

    assert counter.frame_count == 1
    assert len(set(totals)) == 6


def test_updates_and_steps_are_no_new_graph(small):
    counter = counted(small)
    optimizer = torch.optim.SGD([one for *_, one in small.step.trained()], lr=0.1)
    for seed in range(4):
        small.step(small.images(4, seed), small.labels(4)).total.backward()
        optimizer.step()
        optimizer.zero_grad()
        small.step.commit()

    assert counter.frame_count == 1


@pytest.mark.parametrize("dynamic", [None, False])
def test_a_short_last_batch_costs_one_more_graph_at_most(small, dynamic):
    counter = counted(small, dynamic=dynamic)
    for rows in (8, 8, 5, 8, 5):
        small.step(small.images(rows), small.labels(rows)).total.backward()

    assert counter.frame_count == 2


def test_many_sizes_of_batch_do_not_cost_a_graph_each(small):
    counter = counted(small)
    for rows in (8, 5, 7, 3, 6, 4, 2, 11, 9, 10, 12):
        small.step(small.images(rows), small.labels(rows))

    assert counter.frame_count == 2


def test_eval_costs_one_more_graph_and_going_back_none(small):
    counter = counted(small)
    for _ in range(2):
        for mode in (True, False):
            small.step.train(mode)
            small.step(small.images(4), small.labels(4))

    assert counter.frame_count == 2


def test_eval_mode_equals_eager(exact):
    exact.step.eval()
    expected = exact.step(exact.images(4), exact.labels(4))
    counted(exact)

    same(exact.step(exact.images(4), exact.labels(4)), expected)


def test_a_schedule_in_double_precision_is_no_new_graph_either(exact):
    counter = counted(exact)
    weights, graphs = [], []
    for epoch in (1, 2, 3):
        exact.step.clock(epoch=epoch, epochs=3)
        weights.append(exact.step(exact.images(4), exact.labels(4)).weights["kd"].item())
        graphs.append(counter.frame_count)

    assert weights == pytest.approx([0.25, 0.75, 1.0], rel=1e-15)
    assert graphs[0] == graphs[-1]


def test_batch_norm_moves_as_in_eager_and_the_teacher_s_stays(exact):
    other = Small()
    counted(exact)
    kept = exact.teacher.bn.running_var.clone()
    for seed in range(3):
        exact.gradients(seed=seed)
        other.gradients(seed=seed)

    close(dict(exact.student.named_buffers()), dict(other.student.named_buffers()))
    assert exact.student.bn.num_batches_tracked == 3
    assert torch.equal(exact.teacher.bn.running_var, kept)


def test_the_state_keeps_its_names(small):
    before = list(small.step.state_dict())
    counted(small)
    small.step(small.images(4), small.labels(4))

    assert list(small.step.state_dict()) == before


def test_passes_off_gives_the_same_loss_and_gradients_compiled(exact):
    plain = Small(optimise=False)
    counted(plain)

    close(plain.gradients(), exact.gradients())


def test_a_fault_while_compiling_says_which_statement(small):
    counted(small)
    small.student.fc.weight.data = small.student.fc.weight.data[:3]
    small.student.fc.bias.data = small.student.fc.bias.data[:3]
    with pytest.raises(RuntimeError, match=r"kl_log = .*kl_log\(log_softmax_1"):
        small.step(small.images(4), small.labels(4))


def test_inductor_equals_eager(exact):
    eager = exact.gradients()
    exact.step.compile(fullgraph=True)

    torch.testing.assert_close(exact.gradients(), eager, rtol=1e-7, atol=1e-10)
