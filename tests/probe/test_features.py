from __future__ import annotations

import torch

from kdgraph.data.images import Images
from kdgraph.models.build import build
from kdgraph.normalisation import Normalisation
from kdgraph.probe.features import features
from kdgraph.probe.subject import Subject

CPU = torch.device("cpu")


def look(pixels, examples):
    assert len(pixels) == len(examples)
    return pixels


def test_they_are_what_the_classifier_sees_in_its_own_normalisation_and_nothing_moves():
    torch.manual_seed(0)
    network = build("convnet8", 5, channels=3).train()
    network.requires_grad_(False)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    pixels = torch.randint(0, 256, (10, 3, 8, 8), dtype=torch.uint8)
    images = Images(pixels, torch.zeros(10, dtype=torch.int64), ("a", "b"))
    scale = Normalisation((0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
    found = features(
        Subject("convnet8", network, scale, "fc.input"), images, look, batch=4, device=CPU
    )

    assert found.shape == (10, 8)
    assert network.training
    assert all(before[name].equal(one) for name, one in network.state_dict().items())
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (scale.mean, scale.std))
    logits = network.eval()((pixels / 255 - mean) / std)
    torch.testing.assert_close(network.fc(found), logits)
