"""A run that condenses its training set: what it says, what it leaves, and who sees it."""

from __future__ import annotations

import json

import torch
from safetensors.torch import load_file

from tests.end_to_end.command import SETTING, tiny


def journal(run, event):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["event"] == event]


def test_rounds_are_told_journalled_and_drawn(here, tmp_path):
    setting = tiny(tmp_path, SETTING.replace("train: {epochs: 2,", "train: {epochs: 6,"))
    code, out, err = here("run", "kcd", "--on", setting, "--set", "condense.keep=0.4")
    run = tmp_path / "runs" / "kcd"

    assert (code, err) == (0, "")
    # 88 images, 8 fewer a round
    rounds = journal(run, "condense")
    assert [(one["epoch"], one["kept"]) for one in rounds] == [
        (1, 80), (2, 72), (3, 64), (4, 56), (5, 48), (6, 40),
    ]  # fmt: skip
    assert [one["step"] for one in journal(run, "epoch")] == [11, 21, 30, 38, 45, 51]
    assert "student: condensed to 80 of 88 images (90.9 %), 7 mixed" in out
    assert "<svg" in (run / "condense.svg").read_text()


def test_the_student_alone_sees_every_image(here, tmp_path):
    code, _, err = here("run", "kcd", "--on", tiny(tmp_path), "--set", "condense.keep=0.4")
    alone = tmp_path / "runs" / "kcd" / "alone"

    assert (code, err) == (0, "")
    assert journal(alone, "condense") == []
    assert [one["step"] for one in journal(alone, "epoch")] == [11, 22]
    assert not (alone / "condense.svg").exists()


def test_a_run_goes_on_as_it_was_condensed_or_not_at_all(here, tmp_path):
    command = ("run", "kcd", "--on", tiny(tmp_path), "--no-alone", "--out", "one")
    assert here(*command)[0] == 0
    (tmp_path / "one" / "result.json").unlink()

    code, _, err = here(*command, "--resume", "--set", "condense.keep=0.5")

    assert code == 1
    assert "belongs to another way of condensing" in " ".join(err.split())


def test_a_bank_keeps_the_rows_of_images_that_are_left_out(here, tmp_path):
    setting = tiny(tmp_path, SETTING.replace("train: {epochs: 2,", "train: {epochs: 3,"))
    words = ("--set", "K=16", "--set", "condense.keep=0.4", "--no-alone")
    code, _, err = here("run", "kcd-crd", "--on", setting, *words)
    assert (code, err) == (0, "")
    saved = sorted((tmp_path / "runs" / "kcd-crd" / "checkpoints" / "1").iterdir())
    before, after = (load_file(one / "tensors.safetensors") for one in saved[-2:])
    banks = [name for name in after if name.startswith("step/") and ".M_" in name]
    seen = torch.zeros(88, dtype=torch.bool)
    seen[before["condense/remain"]] = True

    assert seen.sum() == 72
    assert len(banks) == 2
    for name in banks:
        moved = (before[name] != after[name]).any(dim=1)
        assert after[name].shape[0] == 88
        assert moved.equal(seen)
