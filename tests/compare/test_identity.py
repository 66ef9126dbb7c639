"""What decides a run is in its name, and nothing else is."""

from __future__ import annotations

import pytest
import torch

from kdgraph.compare.identity import identity
from kdgraph.experiment import examine
from kdgraph.train.cast import cast
from tests.end_to_end.command import tiny

CPU = torch.device("cpu")


@pytest.fixture
def named(tmp_path):
    setting = str(tiny(tmp_path))

    def one(recipe="kd", *, seed=0, **values):
        told = {name.replace("__", "."): value for name, value in values.items()}
        return identity(cast(examine(recipe, setting, told), seed), told, seed, CPU)

    return one


def test_the_same_run_has_the_same_name(named):
    assert named().key == named().key
    assert named(T="4").key == named().key  # as the recipe says
    assert len(named().key) == 8


@pytest.mark.parametrize(
    "other",
    [
        {"T": "2"},
        {"recipe": "at"},
        {"seed": 1},
        {"train__lr": "0.2"},
        {"data__limit": "80"},
        {"models__student": "convnet12"},
        {"models__teacher__train__epochs": "1"},
        {"models__teacher__weights": "random"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_decides_it_gives_another_name(named, other):
    assert named(**other).key != named().key


def test_recipes_share_their_teacher_and_sskd_its_head(named):
    kd, icd, sskd, alone = (named(one) for one in ("kd", "icd", "sskd", "ce"))

    assert alone.shares == frozenset()
    assert len(kd.shares) == 1
    assert kd.shares == icd.shares
    assert len(sskd.shares - kd.shares) == 1
    assert kd.shares < sskd.shares
