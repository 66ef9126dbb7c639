"""The real CIFAR-10 in Parquet shards, where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from kdgraph.data.images import Images
from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.data.statistics import statistics

BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
ROOT = Path(os.environ.get("KDGRAPH_DATA", BESIDE)) / "cifar10"
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

pytestmark = pytest.mark.skipif(
    not list(ROOT.glob("train-*.parquet")), reason="CIFAR-10 as Parquet is not at hand"
)


@pytest.fixture(scope="module")
def few():
    return load(DataSpec("cifar10", root=str(ROOT), limit=2000, test_limit=500))


def test_its_classes_are_cifar10s_and_equally_frequent_in_a_subset(few):
    assert list(few.train.names) == NAMES
    assert isinstance(few.train, Images)
    assert few.train.pixels.shape == (2000, 3, 32, 32)
    assert (few.train.labels.bincount() - 200).abs().max() <= 1


def test_its_statistics_are_the_known_ones(few):
    mean, std = statistics(few.train)

    torch.testing.assert_close(torch.tensor(mean), torch.tensor(few.mean), rtol=0, atol=0.01)
    torch.testing.assert_close(torch.tensor(std), torch.tensor(few.std), rtol=0, atol=0.01)


def test_all_of_it_decodes():
    split = load(DataSpec("cifar10", root=str(ROOT)))

    assert (len(split.train), len(split.test)) == (50_000, 10_000)
    assert split.train.labels.bincount().tolist() == [5000] * 10
