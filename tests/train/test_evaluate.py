from __future__ import annotations

import pytest
import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import NoSuchDevice
from kdgraph.train import device
from kdgraph.train.evaluate import accuracy, needed
from kdgraph.viewstep import ViewStep
from tests.train.small import images

CPU = torch.device("cpu")


class Guess(nn.Module):
    """Says the class that a pixel holds."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1)
        self.modes = []

    def forward(self, x):
        self.modes.append((self.training, self.norm.training, torch.is_grad_enabled()))
        return nn.functional.one_hot(x[:, 0, 0, 0].long() % 4, 4).float()


def split():
    whole = images(4, 21)
    pixels = whole.test.pixels.clone()
    pixels[:, 0, 0, 0] = whole.test.labels.to(torch.uint8)
    pixels[:3, 0, 0, 0] += 1  # three mistakes
    return type(whole.test)(pixels, whole.test.labels, whole.test.names)


def look(pixels, _):
    return {"x": pixels}


@pytest.mark.parametrize("batch", [1, 4, 21, 100])
def test_accuracy_counts_every_test_image_once_for_any_batch(batch):
    assert accuracy(Guess(), split(), look, batch=batch, device=CPU) == 18 / 21


def test_the_network_is_in_evaluation_mode_meanwhile_and_as_it_was_after():
    network = Guess()
    network.train()
    network.norm.eval()

    accuracy(network, split(), look, batch=10, device=CPU)

    assert set(network.modes) == {(False, False, False)}
    assert (network.training, network.norm.training) == (True, False)


def test_networks_compute_in_what_they_are_trained_in():
    seen = []

    class Layer(nn.Linear):
        def forward(self, x):
            out = super().forward(x[:, 0, 0, :4].float())
            seen.append(out.dtype)
            return out

    accuracy(Layer(4, 4), split(), look, batch=21, device=CPU, autocast=torch.bfloat16)
    accuracy(Layer(4, 4), split(), look, batch=21, device=CPU)

    assert seen == [torch.bfloat16, torch.float32]


def test_only_the_views_that_lead_to_what_the_network_sees_are_made():
    flipped = ViewStep("flipped", "flip")
    x = ViewStep("x", "crop", ("flipped",))
    rot = ViewStep("rot", "rotate", ("flipped",), rows=3)

    assert needed([flipped, rot, x], "x") == [flipped, x]
    assert needed([flipped, rot, x], "image") == []


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    with pytest.raises(RecipeError) as caught:
        device.choose("tpu")

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, NoSuchDevice)
    assert "`cpu`" in str(mistake)


def test_precision_is_float32_on_a_cpu_unless_asked_for():
    assert device.choose("cpu") == CPU
    assert device.autocast("auto", CPU) is None
    assert device.autocast("float32", CPU) is None
    assert device.autocast("bf16", CPU) is torch.bfloat16
