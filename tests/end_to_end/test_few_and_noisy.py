"""Few images and wrong labels: recipes with views, stages and memory train on them as on all."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.command import tiny

IMAGES = 88


@pytest.mark.parametrize("recipe", ["sskd", "crd"])
@pytest.mark.parametrize(
    ("told", "images"),
    [("data.fraction=0.25", 22), ("data.fraction=0.75", 66), ("data.label_noise=0.3", IMAGES)],
)
def test_a_run_trains_with_a_share_of_the_images_or_with_wrong_labels(
    here, tmp_path, recipe, told, images
):
    more = ("--set", "K=8") if recipe == "crd" else ()
    code, said, err = here(
        "run", recipe, "--on", tiny(tmp_path), "--no-alone", "--out", tmp_path / "run",
        "--set", told, "--set", "train.batch=11", *more,
    )  # fmt: skip

    assert (code, err) == (0, "")
    assert f"{images} training and 40 test images" in said
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert "student distilled" in json.dumps(result)
