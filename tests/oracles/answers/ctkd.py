"""CTKD: a temperature that climbs, one for all images or one for each."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, answers, wave
from tests.references.interpreter import reading

X, Y = torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 2])
PLAIN = "1 + 20·sigmoid(θ)"


def compiled(recipe: str, **values: object) -> Step:
    models = {
        "teacher": Network(logits=wave((2, 3), 0.5, 0.3, 2)),
        "student": Network(logits=wave((2, 3), 0.7, 0.1, 2)),
    }
    step = kdgraph.compile(recipe, models=models, sample=X, set=values)
    step.clock(epoch=1, epochs=240)
    return step


def temperature(theta: str) -> Tensor:
    """The recipe's own T, as the weight of a term."""
    return compiled("ctkd", loss="T·sup", θ=f"learn({theta})")(X, Y).weights["sup"]


def climb(step: Step, part: str = "θ") -> Tensor:
    """What the optimiser sees of a learned scalar."""
    step(X, Y).terms["kd"].backward()
    found = step.parts.get_submodule(part).value.grad
    assert found is not None
    return found


@answers("ctkd.T0", "ctkd.theta-2.T")
def hot(key: str) -> Tensor:
    return temperature("1" if key == "ctkd.T0" else "-2")


@answers("ctkd.loss", "ctkd.theta-2.loss")
def loss(key: str) -> Tensor:
    start = "1" if key == "ctkd.loss" else "-2"
    return compiled("ctkd", θ=f"learn({start})")(X, Y).terms["kd"]


@answers("ctkd.dL_dT")
def by_temperature(key: str) -> Tensor:
    del key
    step = compiled("ctkd", T="learn(1.0)")
    step.parts.T.value.data.copy_(temperature("1"))
    return climb(step, "T")


@answers("ctkd.dL_dtheta.plain")
def by_scalar(key: str) -> Tensor:
    del key
    return climb(compiled("ctkd", T=PLAIN))


@answers(*(f"ctkd.lambda.epoch{epoch}" for epoch in (1, 5, 10, 11)))
def strength(key: str) -> Tensor:
    # the code keeps −λ: what the gradient of 1 becomes
    step = compiled("loss: kd\nwhere: {kd: 'reverse(θ, anneal(0, 1, over=epochs/24)) + 0·z', "
                    "z: mean(student.logits), θ: learn(1.0)}")  # fmt: skip
    step.clock(epoch=int(key.removeprefix("ctkd.lambda.epoch")), epochs=240)
    return climb(step)


@answers("ctkd.lambda.epoch0")
def before(key: str) -> float:
    # epochs count from 1, so a recipe never sees this one: the library's text, read plainly
    del key
    return -reading("anneal(0, 1, over=10)", epoch=0, epochs=240)


@answers("ctkd.grad_theta.epoch1", "ctkd.grad_theta.epoch10", "ctkd.theta-2.grad.epoch5")
def ascent(key: str) -> Tensor:
    step = compiled("ctkd", θ="learn(-2)" if "theta-2" in key else "learn(1)")
    step.clock(epoch=int(key.rpartition("epoch")[2]), epochs=240)
    return climb(step)


@answers("ctkd.instance")
def instance(key: str) -> Tensor:
    # the hidden unit h = z + 10 of the teacher's first logit z, and T = 2 and 5 for the two rows
    del key
    step = compiled("ctkd-instance")
    hidden, _, last = step.parts.θ
    h = wave((2, 3), 0.5, 0.3, 2)[:, 0] + 10
    theta = torch.logit((torch.tensor([2.0, 5.0], dtype=torch.float64) - 1) / 20)
    slope = (theta[1] - theta[0]) / (h[1] - h[0])
    with torch.no_grad():
        for one in (hidden.weight, hidden.bias, last.weight, last.bias):
            one.zero_()
        hidden.weight[0, 0], hidden.bias[0], last.weight[0, 0] = 1, 10, slope
        last.bias[0] = theta[0] - slope * h[0]
    return step(X, Y).terms["kd"]
