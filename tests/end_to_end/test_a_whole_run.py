"""From a recipe's name to a table and a folder with everything that a run leaves."""

from __future__ import annotations

import json
import math

import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file

from kdgraph import student as student_of
from kdgraph.data.load import load
from kdgraph.experiment import examine
from kdgraph.models.build import build
from tests.end_to_end.command import STEPS, kdgraph, tiny


@pytest.fixture(scope="module")
def digits(tmp_path_factory, cache):
    """`kdgraph run kd` on the shipped digits, three epochs each, as a process of its own."""
    folder = tmp_path_factory.mktemp("digits")
    short = ("--set", "train.epochs=3", "--set", "models.teacher.train.epochs=3")
    code, out, err = kdgraph("run", "kd", *short, folder=folder, cache=cache)
    assert (code, err) == (0, "")
    return folder / "runs" / "kd", out


def journal(run, event):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["event"] == event]


def test_it_ends_with_a_table_of_teacher_student_alone_and_student_distilled(digits):
    run, out = digits
    told = json.loads((run / "result.json").read_text())["table"]

    assert [(one["name"], one["model"]) for one in told] == [
        ("teacher", "convnet128"),
        ("student alone", "convnet12"),
        ("student distilled", "convnet12"),
    ]
    end = out[out.index("kd on digits") :]
    for one in told:
        row = next(line for line in end.splitlines() if f" {one['name']} " in line)
        assert f"{100 * one['last'][0]:.2f}" in row
    assert max(len(line) for line in end.splitlines()) <= 80
    assert f"kept in runs/{run.name}" in end


def test_its_folder_holds_all_that_a_run_leaves(digits):
    run, _ = digits

    assert {one.name for one in run.iterdir()} == {
        "config.yaml",
        "recipe.kd",
        "metrics.jsonl",
        "tensorboard",
        "checkpoints",
        "alone",
        "student.safetensors",
        "graph.svg",
        "result.json",
        "result.md",
    }
    assert (run / "graph.svg").read_text().lstrip().startswith("<svg")
    assert "| student distilled | convnet12 |" in (run / "result.md").read_text()
    assert list((run / "tensorboard").rglob("events.*"))
    assert "KL" in (run / "recipe.kd").read_text() or "kl(" in (run / "recipe.kd").read_text()


def test_the_config_says_what_was_run_and_on_what(digits):
    run, _ = digits
    config = yaml.safe_load((run / "config.yaml").read_text())

    assert config["train"]["epochs"] == 3
    assert config["models"]["teacher"]["train"] == {"epochs": 3}
    assert config["set"] == {"train.epochs": "3", "models.teacher.train.epochs": "3"}
    assert (config["seed"], config["threads"], config["device"]) == (0, 1, "cpu")
    assert config["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]


def test_the_students_weights_are_those_of_its_network_and_measure_as_told(digits):
    run, _ = digits
    state = load_file(run / "student.safetensors")
    student = build("convnet12", 10, channels=1)

    student.load_state_dict(state)

    assert all(value.isfinite().all() for value in state.values())
    with safe_open(run / "student.safetensors", "pt") as file:
        assert json.loads(file.metadata()["kdgraph"]) == {
            "model": "convnet12", "recipe": "kd", "mean": [0.3061], "std": [0.3761],
            "classes": 10, "names": list("0123456789"), "size": [8, 8],
        }  # fmt: skip


def test_the_student_in_python_is_as_right_as_the_table_says(digits):
    run, _ = digits
    student, test = student_of(run), load(examine("kd", "digits").data).test
    with torch.no_grad():
        right = student(test.pixels).argmax(dim=1) == test.labels
    row = json.loads((run / "result.json").read_text())["table"][-1]

    assert row["name"] == "student distilled"
    assert right.double().mean().item() == pytest.approx(row["last"][0], abs=1e-12)


def test_the_journal_has_every_epoch_with_every_term_and_its_measure(digits):
    run, _ = digits
    epochs = journal(run, "epoch")

    assert [one["epoch"] for one in epochs] == [1, 2, 3]
    for one in epochs:
        assert set(one["terms"]) == {"sup", "kd"}
        assert math.isclose(one["total"], 0.1 * one["terms"]["sup"] + 0.9 * one["terms"]["kd"],
                            rel_tol=1e-5)  # fmt: skip
        assert 0 <= one["measures"]["accuracy"] <= 1
    assert journal(run, "steps")[0]["weights"] == pytest.approx({"sup": 0.1, "kd": 0.9})
    last = json.loads((run / "result.json").read_text())["table"][-1]
    assert last["last"] == [epochs[-1]["measures"]["accuracy"]]
    assert last["best"] == [max(one["measures"]["accuracy"] for one in epochs)]


def test_a_kept_teacher_is_not_trained_again(here, tmp_path):
    setting = tiny(tmp_path)
    assert here("run", "kd", "--on", setting)[0] == 0

    code, out, _ = here("run", "icd", "--on", setting, "--no-alone")

    assert code == 0
    assert "teacher: convnet16 from the cache" in out
    assert "teacher 1/" not in out
    assert sorted(one.name for one in (tmp_path / "runs").iterdir()) == ["icd", "kd"]


def test_the_same_command_again_gives_the_same_student_in_a_new_folder(here, tmp_path):
    setting = tiny(tmp_path)
    for _ in range(2):
        assert here("run", "kd", "--on", setting, "--no-alone", "--quiet")[0] == 0

    one, other = (tmp_path / f"runs/{name}/student.safetensors" for name in ("kd", "kd-2"))

    assert one.read_bytes() == other.read_bytes()


def test_the_student_alone_starts_where_the_distilled_one_does(here, tmp_path):
    # without a single term of the teacher the recipe is the baseline, step by step
    here("run", "kd", "--on", tiny(tmp_path), "--set", "α=0", "--set", "γ=1")

    run = tmp_path / "runs" / "kd"
    alone = journal(run / "alone", "epoch")
    assert [one["total"] for one in alone] == [one["total"] for one in journal(run, "epoch")]
    assert [one["step"] for one in alone] == [STEPS, 2 * STEPS]


def test_without_a_teacher_the_table_has_one_row(here, tmp_path):
    code, out, _ = here("run", "ce", "--on", tiny(tmp_path))

    assert code == 0
    assert [
        line.split("│")[1].strip() for line in out.splitlines() if "convnet" in line and "│" in line
    ] == ["student"]
    assert "teacher" not in out


def test_several_seeds_have_folders_of_their_own_and_a_mean_with_its_standard_error(here, tmp_path):
    code, out, _ = here("run", "kd", "--on", tiny(tmp_path), "--seeds", 2, "--seed", 5)
    run = tmp_path / "runs" / "kd"

    assert code == 0
    assert {"seed-5", "seed-6", "result.json", "graph.svg"} <= {one.name for one in run.iterdir()}
    first, second = (load_file(run / f"seed-{seed}" / "student.safetensors") for seed in (5, 6))
    assert not torch.equal(first["conv1.weight"], second["conv1.weight"])
    told = {one["name"]: one for one in json.loads((run / "result.json").read_text())["table"]}
    one, other = told["student distilled"]["last"]
    assert told["student distilled"]["mean_last"] == pytest.approx((one + other) / 2)
    # of two values the standard error of the mean is half their difference
    assert f"{50 * (one + other):.2f} ± {50 * abs(one - other):.2f}" in out
    assert "mean ± standard error over 2 seeds" in out
    assert len(told["teacher"]["last"]) == 1


def test_a_student_that_is_to_train_first_begins_with_what_it_learnt(here, tmp_path):
    code, out, _ = here(
        "run", "kd", "--on", tiny(tmp_path), "--set", "models.student.weights=train", "--no-alone"
    )

    assert code == 0
    assert "student: convnet8, trained with cross-entropy" in out
