"""Slopes that the mathematics takes to infinity: 0 at the edge, and log-space where saturated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import kdgraph
from tests.oracles.stub import Stub

# a row of moderate logits, one whose softmax underflows in double precision, one far beyond
LOGITS = torch.tensor([[1.0, -0.5, 2.0], [900.0, 0.0, -900.0], [-5000.0, 5000.0, 0.0]]).double()
TEACHER = torch.tensor([[0.3, 0.1, -1.0], [0.0, 800.0, 2.0], [1.0, 2.0, 3.0]]).double()
X = torch.zeros(3, 1).double()


def trained(loss: str, logits: Tensor = LOGITS, dtype: torch.dtype = torch.float64):
    """The total, and the gradient of the student's logits."""
    features = torch.zeros(len(logits), 2, dtype=dtype)
    student = Stub(features, logits.to(dtype).clone())
    models = {"teacher": Stub(features.clone(), TEACHER.to(dtype)), "student": student}
    step = kdgraph.compile(f"loss: {loss}", models=models, sample=X.to(dtype))
    total = step(X.to(dtype), torch.tensor([0, 1, 2])).total
    total.backward()
    return total.detach(), student.bias.grad


def by_hand(formula: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    z = LOGITS.clone().requires_grad_()
    total = formula(z, TEACHER)
    total.backward()
    return total.detach(), z.grad


def logs(z: Tensor) -> Tensor:
    return z.log_softmax(-1)


S, T = "softmax(student.logits)", "softmax(teacher.logits)"
REFERENCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    f"mean(sqrt({S}))": lambda s, _: (logs(s) / 2).exp().mean(),
    f"mean({S}^0.3)": lambda s, _: (0.3 * logs(s)).exp().mean(),
    f"mean({S}^(1/3)·{T})": lambda s, t: ((logs(s) / 3).exp() * t.softmax(-1)).mean(),
    f"sum((sqrt({S}) - sqrt({T}))²)": lambda s, t: (
        ((logs(s) / 2).exp() - (logs(t) / 2).exp()) ** 2
    ).sum(),
    f"mean({S}^(-0.01))": lambda s, _: (-0.01 * logs(s)).exp().mean(),
    f"mean({S}^anneal(0.5, 0.5))": lambda s, _: (logs(s) / 2).exp().mean(),
    f"mean(log({S}^0.5))": lambda s, _: logs(s).mean() / 2,
    f"mean(log(2·{S}·{T}))": lambda s, t: (logs(s) + logs(t)).mean() + torch.tensor(2.0).log(),
    f"mean(log({S}/{T}))": lambda s, t: (logs(s) - logs(t)).mean(),
    f"sum({S}·log({S}/{T}))": lambda s, t: (s.softmax(-1) * (logs(s) - logs(t))).sum(),
    f"sum({S}·(log({S}) - log({T})))": lambda s, t: (s.softmax(-1) * (logs(s) - logs(t))).sum(),
    f"mean({S}²)": lambda s, _: (s.softmax(-1) ** 2).mean(),
    "mean(log(sigmoid(student.logits)))": lambda s, _: F.logsigmoid(s).mean(),
    "mean(log(1 - sigmoid(student.logits)))": lambda s, _: F.logsigmoid(-s).mean(),
    "mean(sigmoid(student.logits)^0.2)": lambda s, _: (F.logsigmoid(s) / 5).exp().mean(),
    "mean(where(student.logits > 0, sqrt(student.logits), 0))": lambda s, _: (
        s.clamp(min=1e-300).sqrt() * (s > 0)
    ).mean(),
    "mean(where(student.logits > 0, log(student.logits), 0))": lambda s, _: (
        torch.where(s > 0, s, 1.0).log().mean()
    ),
}


@pytest.mark.parametrize("loss", REFERENCES)
def test_values_and_gradients_are_those_of_log_space(loss: str):
    expected, slope = by_hand(REFERENCES[loss])

    total, gradient = trained(loss)

    torch.testing.assert_close(total, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(gradient, slope, rtol=1e-9, atol=1e-12)


NOTHING = "(student.logits - detach(student.logits))"


@pytest.mark.parametrize(
    "loss",
    [
        f"mean(sqrt(abs({NOTHING})))",
        f"mean(abs({NOTHING})^0.3)",
        f"mean(abs({NOTHING})^anneal(0.3, 0.3))",
        f"mean(relu({NOTHING})^(1/2))",
        f"mean(sqrt(sum({NOTHING}², over=-1)))",
        f"mean(sum({NOTHING}², over=-1)^0.5)",
        f"mean(norm({NOTHING}))",
        f"mean(pearson({NOTHING}, teacher.logits))",
        f"mean(distances({NOTHING}, {NOTHING}))",
        f"mean(relu({NOTHING})·log(relu({NOTHING})))",
    ],
)
def test_at_zero_a_steep_slope_is_taken_as_zero(loss: str):
    total, gradient = trained(loss)

    assert total.item() == 0
    assert gradient.isfinite().all()
    if "pearson" not in loss:
        assert not gradient.any()


def test_a_share_of_zero_counts_nothing_beside_a_logarithm():
    # Σ p·log p of mixed certain answers: (1/2, 1/2, 0) and (1, 0, 0) are −ln 2 and 0
    half = "(onehot(y, 3) + onehot(min(y + 1, 1), 3))/2"

    both = f"sum({half}·log({half})) + mean(student.logits)"

    total, gradient = trained(f"both\nwhere: {{both: '{both}'}}")

    pairs = [(0, 1), (1, 1), (2, 1)]
    expected = -torch.tensor(2.0).log().item() * sum(one != other for one, other in pairs)
    assert total.item() - LOGITS.mean().item() == pytest.approx(expected)
    torch.testing.assert_close(gradient, torch.full_like(gradient, 1 / 9))


def test_what_is_not_a_number_stays_so():
    total, _ = trained("mean(sqrt(student.logits))")

    assert total.isnan()


@pytest.mark.parametrize("loss", [f"mean(sqrt({S}))", f"sum({S}^0.5·{T}^0.5)", f"mean({S}^0.1)"])
def test_single_precision_is_near_double_precision(loss: str):
    expected, slope = trained(loss)

    total, gradient = trained(loss, dtype=torch.float32)

    torch.testing.assert_close(total.double(), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-4, atol=1e-6)
