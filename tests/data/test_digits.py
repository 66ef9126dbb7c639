"""The digits: real images, split once and for all."""

from __future__ import annotations

import hashlib

import pytest
import torch

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.data.statistics import statistics

pytest.importorskip("sklearn", reason="the digits ship inside scikit-learn")


@pytest.fixture(scope="module")
def split():
    return load(DataSpec("digits"))


def test_there_are_1257_training_and_540_test_images_of_8_by_8(split):
    assert split.train.pixels.shape == (1257, 1, 8, 8)
    assert split.test.pixels.shape == (540, 1, 8, 8)
    assert split.train.names == tuple("0123456789")


def test_the_sixteen_levels_reach_from_0_to_255(split):
    levels = split.train.pixels.unique().tolist()

    assert levels == [round(level * 255 / 16) for level in range(17)]


def test_every_class_has_its_share_in_the_test(split):
    trained, tested = split.train.labels.bincount(), split.test.labels.bincount()

    assert ((tested / (trained + tested) - 540 / 1797).abs() < 0.005).all()


def test_the_parts_are_those_of_scikit_learn_and_share_no_row(split):
    from sklearn.datasets import load_digits

    found = load_digits()
    every = torch.cat([split.train.pixels, split.test.pixels]).flatten(1)

    ours = sorted(map(tuple, every.tolist()))
    theirs = sorted(tuple(round(x * 255 / 16) for x in row) for row in found.data)
    assert ours == theirs


def test_the_split_is_the_same_on_every_machine(split):
    digest = hashlib.sha256(split.test.pixels.numpy().tobytes()).hexdigest()

    assert digest[:16] == "295b862af9877bb0"


def test_the_known_statistics_are_those_of_the_training_images(split):
    mean, std = statistics(split.train)

    assert split.mean == pytest.approx(mean, abs=5e-5)
    assert split.std == pytest.approx(std, abs=5e-5)


def test_digits_can_be_made_larger_and_coloured():
    split = load(DataSpec("digits", size=16, channels=3, limit=20, test_limit=10))

    assert split.train.pixels.shape == (20, 3, 16, 16)
    assert torch.equal(split.train.pixels[:, 0], split.train.pixels[:, 2])


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch):
    import sys

    from kdgraph.lang.diagnostics import RecipeError

    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)

    with pytest.raises(RecipeError, match=r"KD611.*need the package `scikit-learn`") as caught:
        load(DataSpec("digits"))
    assert "pip install scikit-learn" in str(caught.value)
