"""Normalisation: the numbers, the memory format, and nothing in a checkpoint."""

from __future__ import annotations

import pytest
import torch

from kdgraph.views.normalize import Normalize

MEAN, STD = (0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)


def test_a_pixel_worked_by_hand():
    image = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1)

    z = Normalize(MEAN, STD)(image).flatten().tolist()

    by_hand = [(0 - 0.5071) / 0.2675, (0.2 - 0.4867) / 0.2565, (1 - 0.4408) / 0.2761]
    assert z == pytest.approx(by_hand, rel=1e-6)


def test_it_equals_torchvisions():
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    image = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(2, 3, 16, 16)

    light = functional.to_dtype(image, torch.float32, scale=True)

    expected = functional.normalize(light, list(MEAN), list(STD))
    torch.testing.assert_close(Normalize(MEAN, STD)(image), expected, rtol=0, atol=1e-6)


def test_channels_last_stays_channels_last():
    image = torch.zeros(2, 3, 8, 8, dtype=torch.uint8).to(memory_format=torch.channels_last)

    z = Normalize(MEAN, STD)(image)

    assert z.is_contiguous(memory_format=torch.channels_last)
    assert z.dtype == torch.float32


def test_floats_are_taken_to_be_scaled_and_keep_their_precision():
    image = torch.full((1, 3, 2, 2), 0.5, dtype=torch.float64)

    z = Normalize(MEAN, STD)(image)

    assert z.dtype == torch.float64
    assert z[0, 0, 0, 0].item() == pytest.approx((0.5 - 0.5071) / 0.2675, abs=1e-6)


def test_nothing_of_it_goes_into_a_checkpoint():
    assert Normalize(MEAN, STD).state_dict() == {}
