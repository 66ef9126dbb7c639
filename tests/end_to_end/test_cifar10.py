"""A run on a slice of the real CIFAR-10, where it is at hand as Parquet shards."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.end_to_end.command import kdgraph

BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
ROOT = Path(os.environ.get("KDGRAPH_DATA", BESIDE)).resolve() / "cifar10"
SLICE = {
    "data.root": str(ROOT),
    "data.limit": 256,
    "data.test_limit": 128,
    "train.epochs": 1,
    "models.teacher.train.epochs": 1,
}


@pytest.mark.skipif(
    not list(ROOT.glob("train-*.parquet")), reason="CIFAR-10 as Parquet is not at hand"
)
def test_a_slice_of_the_real_images_runs_from_shards_to_table(tmp_path):
    told = [word for name, value in SLICE.items() for word in ("--set", f"{name}={value}")]
    code, out, err = kdgraph(
        "run", "kd", "--on", "cifar10-small", *told, folder=tmp_path, cache=tmp_path / "cache"
    )

    assert (code, err) == (0, "")
    assert "data: cifar10, 256 training and 128 test images of 32×32, 10 classes" in out
    assert "kd on cifar10-small" in out
    table = json.loads((tmp_path / "runs/kd/result.json").read_text())["table"]
    assert [one["model"] for one in table] == ["resnet14", "resnet8", "resnet8"]
    assert all(0 < one["last"][0] < 1 for one in table)
