"""What is stopped and what is turned round."""

from __future__ import annotations

import torch

from kdgraph.losses.gradient import detach, reverse
from kdgraph.losses.pointwise import exp


def test_detach_worked_by_hand():
    # d(v·sg(v))/dv = sg(v) = 3, not 2v = 6
    v = torch.tensor(3.0, requires_grad=True)

    (v * detach(v)).backward()

    assert v.grad.item() == 3


def test_reverse_worked_by_hand():
    # 3·R(x, 1/2): value 3x, slope −3/2
    x = torch.tensor(2.0, requires_grad=True)

    value = 3 * reverse(x, 0.5)
    value.backward()

    assert (value.item(), x.grad.item()) == (6.0, -1.5)


def test_the_value_is_the_same_to_the_last_bit():
    v = torch.randn(1000)

    assert torch.equal(reverse(v, 0.3), v)
    assert torch.equal(detach(v), v)


def test_the_slope_is_minus_the_strength_to_the_last_bit():
    for strength in (0.0, 1e-6, 0.1, 1.0, 7.0):
        v = torch.randn(10, requires_grad=True)
        reverse(v, strength).sum().backward()

        assert torch.equal(v.grad, torch.full((10,), -strength))


def test_a_scheduled_strength_is_a_tensor_and_is_not_trained():
    v, strength = torch.ones(2, requires_grad=True), torch.tensor(0.25, requires_grad=True)

    reverse(v, strength).sum().backward()

    assert v.grad.tolist() == [-0.25, -0.25]
    assert strength.grad.item() == 0


def test_compiled_it_turns_the_gradient_too():
    def loss(v: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
        return exp(reverse(v, strength) * detach(v)).sum()

    v, again = (torch.tensor([0.5, 1.0], requires_grad=True) for _ in range(2))
    loss(v, torch.tensor(0.5)).backward()
    torch.compile(loss, fullgraph=True, backend="aot_eager")(again, torch.tensor(0.5)).backward()

    torch.testing.assert_close(again.grad, v.grad)
    torch.testing.assert_close(v.grad, -0.5 * v.detach() * (v.detach() ** 2).exp())


def test_plain_numbers_pass_through():
    assert (detach(2.0), reverse(2.0, 0.5)) == (2.0, 2.0)
