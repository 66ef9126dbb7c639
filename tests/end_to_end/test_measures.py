"""Two processes measure what one would: every image once, and all of them together."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.command import kdgraph, tiny


def test_metrics_and_fidelity_of_two_processes_are_those_of_all_images(cache, tmp_path):
    recipe = tmp_path / "mine.kd"
    recipe.write_text(
        "extends: kd\nmetrics:\n"
        "  error: 1 - accuracy(student.logits, y)\n"
        "  unsure: ece(student.logits, y)\n"
        "  surprise: nll(student.logits, y)\n"
        "  apart: predictive_kl(teacher.logits, student.logits)\n"
        "  placed: cross_entropy(student.logits, y[origin(x)])\n"
    )
    code, _, err = kdgraph(
        "run", recipe, "--devices", "2", "--device", "cpu", "--on", tiny(tmp_path), "--no-alone",
        "--set", "train.eval_batch=7", folder=tmp_path, cache=cache,
    )  # fmt: skip
    assert (code, err) == (0, "")
    lines = (tmp_path / "runs" / "mine" / "metrics.jsonl").read_text().splitlines()
    said = list(map(json.loads, lines))
    last = [one for one in said if one["event"] == "epoch"][-1]["measures"]
    test = next(one for one in said if one["event"] == "fidelity" and one["data"] == "test"
                and one["name"] == "student distilled")  # fmt: skip

    assert last["error"] == pytest.approx(1 - last["accuracy"], abs=1e-6)
    for metric, measure in (
        ("unsure", "ece"),
        ("surprise", "nll"),
        ("placed", "nll"),
        ("apart", "kl"),
    ):
        assert last[metric] == pytest.approx(test[measure], rel=1e-4), metric
    assert test["accuracy"] == pytest.approx(last["accuracy"])
