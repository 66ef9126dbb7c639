"""Made-up images: any size, always the same, and easy to tell apart."""

from __future__ import annotations

import torch

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec


def test_any_size_number_of_classes_and_channels():
    split = load(DataSpec("synthetic", size=12, classes=7, channels=1, limit=50, test_limit=20))

    assert split.train.pixels.shape == (50, 1, 12, 12)
    assert split.test.pixels.shape == (20, 1, 12, 12)
    assert len(split.train.names) == 7


def test_every_call_gives_the_same_images():
    first, second = load(DataSpec("synthetic")), load(DataSpec("synthetic"))

    assert torch.equal(first.train.pixels, second.train.pixels)
    assert torch.equal(first.test.labels, second.test.labels)


def test_training_and_test_images_differ():
    split = load(DataSpec("synthetic", limit=100, test_limit=100))

    assert not torch.equal(split.train.pixels, split.test.pixels)


def test_classes_are_equally_frequent():
    counts = load(DataSpec("synthetic", classes=5, limit=50)).train.labels.bincount()

    assert counts.tolist() == [10] * 5


def test_the_nearest_class_mean_tells_the_classes_apart():
    split = load(DataSpec("synthetic"))
    train, test = (
        split.train.pixels.flatten(1).float(),
        split.test.pixels.flatten(1).float(),
    )
    means = torch.stack([train[split.train.labels == one].mean(dim=0) for one in range(10)])

    guess = torch.cdist(test, means).argmin(dim=1)

    assert (guess == split.test.labels).float().mean() > 0.99


def test_statistics_are_computed_where_none_are_known():
    split = load(DataSpec("synthetic"))
    light = split.train.pixels.double() / 255

    torch.testing.assert_close(torch.tensor(split.mean).double(), light.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(
        torch.tensor(split.std).double(), light.std(dim=(0, 2, 3), correction=0)
    )
