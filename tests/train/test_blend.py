"""A student that begins between its own start and a teacher, with statistics that fit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from kdgraph.data.images import Images
from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.train.blend import blend, settle


class Net(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.conv = nn.Conv2d(1, 3, 2)
        self.norm = nn.BatchNorm2d(3)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.drop(self.norm(self.conv(x.float())).mean((2, 3))))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_is_that_far_on_its_way(share):
    own, other, before = Net(0), Net(1), Net(0)
    blend(own, other, share, "student", "teacher", None)

    for now, start, end in zip(
        own.parameters(), before.parameters(), other.parameters(), strict=True
    ):
        torch.testing.assert_close(now, (1 - share) * start + share * end)
    assert all(
        torch.equal(a, b) for a, b in zip(other.parameters(), Net(1).parameters(), strict=True)
    )


def test_another_network_is_refused():
    with pytest.raises(RecipeError, match="not the same network"):
        blend(Net(0), nn.Linear(2, 2), 0.5, "student", "teacher", None)


def test_statistics_become_the_mean_over_batches_and_nothing_else_moves():
    network = Net(0).train()
    pixels = torch.randint(0, 256, (10, 1, 4, 4), dtype=torch.uint8)
    images = Images(pixels, torch.zeros(10, dtype=torch.int64), ("a",))
    before = {name: one.clone() for name, one in network.named_parameters()}
    settle(
        network, images, lambda pixels, _: {"x": pixels}, "x",
        batch=5, device=torch.device("cpu"),
    )  # fmt: skip
    with torch.no_grad():
        values = [network.conv(part.float()) for part in pixels.split(5)]

    means = torch.stack([one.mean((0, 2, 3)) for one in values]).mean(0)
    spreads = torch.stack([one.var((0, 2, 3)) for one in values]).mean(0)
    torch.testing.assert_close(network.norm.running_mean, means)
    torch.testing.assert_close(network.norm.running_var, spreads)
    assert network.norm.momentum == 0.1
    assert all(module.training for module in network.modules())
    assert all(torch.equal(before[name], one) for name, one in network.named_parameters())


START = {"models.student.start.from": "teacher", "models.student.start.share": "0.25"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"models.student.start.from": "techer"}, "KD668"),
        ({"models.student.start.from": "student"}, "KD668"),
        ({}, "KD667"),
        ({"models.student": "convnet128"}, None),
    ],
)
def test_it_starts_from_another_model_of_the_same_network(values, code):
    found = examine("kd", "digits", START | values).errors

    assert [one.code for one in found] == ([code] if code else [])
