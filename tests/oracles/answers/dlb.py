"""DLB: three steps of plain gradient descent, with the commit between them."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

import kdgraph
from tests.oracles.answers import answers, wave


class Plain(nn.Module):
    """z = x·Wᵀ."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.fc = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
        self.fc.weight.data.copy_(weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.flatten(1))


@cache
def course() -> tuple[list[Tensor], Tensor]:
    """The losses of three steps, and the weights after them."""
    network = Plain(wave((3, 2), 0.9, 0.2))
    views = wave((3, 2, 2, 2), 0.7, 0.1)[..., None, None]  # batch, image, view, pixel
    labels = torch.tensor([[0, 2], [1, 0], [2, 1]])
    step = kdgraph.compile("dlb", models={"student": network}, sample=views[0, :, 0])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for both, y in zip(views, labels, strict=True):
        out = step({"a": both[:, 0], "b": both[:, 1]}, y)
        losses.append(out.total.detach())
        optimiser.zero_grad()
        out.total.backward()
        optimiser.step()
        step.commit()
    return losses, network.fc.weight.detach()


@answers("dlb.step1", "dlb.step2", "dlb.step3")
def loss(key: str) -> Tensor:
    return course()[0][int(key[-1]) - 1]


@answers("dlb.W00.final")
def weight(key: str) -> Tensor:
    del key
    return course()[1][0, 0]
