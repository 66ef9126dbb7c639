"""On a GPU: compiled equals eager, and autocast covers networks and nothing else."""

from __future__ import annotations

import pytest
import torch

from tests.lower.small import Small, autocast_covers_networks_only

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.fixture
def small():
    return Small(device="cuda")


def test_every_value_stays_on_the_device(small):
    out = small.step(small.images(4), small.labels(4))

    for one in (out.total, *out.terms.values(), *out.weights.values()):
        assert one.is_cuda
        assert one.shape == ()


def test_a_step_equals_that_of_a_cpu(small):
    on_cpu = Small().gradients()
    found = {name: one.cpu() for name, one in small.gradients().items()}

    torch.testing.assert_close(found, on_cpu, rtol=1e-9, atol=1e-12)


def test_a_compiled_step_equals_eager(small):
    eager = small.gradients()
    small.step.compile(fullgraph=True)

    torch.testing.assert_close(small.gradients(), eager, rtol=1e-7, atol=1e-10)


def test_cuda_graphs_replay_to_the_same_values(small):
    eager = small.gradients()
    small.step.compile(fullgraph=True, mode="reduce-overhead")
    for _ in range(4):
        torch.compiler.cudagraph_mark_step_begin()
        found = small.gradients()

    torch.testing.assert_close(found, eager, rtol=1e-7, atol=1e-10)


def test_a_step_does_not_wait_for_the_device(small):
    x, y = small.images(4), small.labels(4)
    small.step(x, y)
    torch.cuda.set_sync_debug_mode("error")
    try:
        small.step.clock(epoch=2, epochs=4, step=7)
        out = small.step(x, y)
        out.total.backward()
        small.step.commit()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_autocast_covers_networks_only():
    autocast_covers_networks_only("cuda")
