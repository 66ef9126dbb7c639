"""A linear classifier on a student's features: other classes, other sizes, no labels needed."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.end_to_end.command import Here, tiny

OTHER = """\
data: {name: synthetic, classes: 7, channels: 3, size: 12, limit: 70, test_limit: 35, augment: "crop(image, pad=1)"}
models: {student: convnet8}
train: {epochs: 1}
"""  # noqa: E501 - as a setting is written
UNLABELLED = "loss: mse(linear(student.features, 16) ‖ teacher.features)\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("cache")


@pytest.fixture
def at(lab, monkeypatch, capsys):
    """`kdgraph` in a folder with a run of a student that has seen no label."""
    folder, cache = lab
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "80")
    here = Here(monkeypatch, capsys)
    if not (folder / "runs").exists():
        tiny(folder)
        (folder / "other.yaml").write_text(OTHER)
        (folder / "like.kd").write_text(UNLABELLED)
        many = ("--on", "tiny.yaml", "--no-alone", "--seeds", "2")
        code, _, err = here("run", "like.kd", *many)
        assert (code, err) == (0, "")
    return here


def told(lab, name="probe-other.json"):
    return json.loads((lab[0] / "runs" / "like" / name).read_text())


def test_teacher_and_students_are_probed_on_other_classes_in_the_size_they_know(at, lab):
    code, out, err = at("probe", "runs/like", "--on", "other.yaml", "--set", "train.epochs=8")

    assert (code, err) == (0, "")
    rows = {row["name"]: row for row in told(lab)["table"]}
    assert list(rows) == ["teacher", "student"]
    assert (rows["teacher"]["model"], rows["student"]["model"]) == ("convnet16", "convnet8")
    assert [len(row["last"]) for row in rows.values()] == [1, 2]
    assert told(lab)["training"]["epochs"] == 8
    assert told(lab)["training"]["drops"] == [2, 4, 6]
    assert told(lab)["size"] == [12, 12]
    line = next(one for one in out.splitlines() if "│ teacher" in one)
    assert f"{100 * rows['teacher']['last'][0]:.2f}" in line
    assert "mean ± standard error over 2 seeds" in out
    assert max(map(len, out.splitlines())) <= 80


def test_without_a_word_of_the_setting_images_come_in_the_size_of_the_run(at, lab):
    (lab[0] / "plain.yaml").write_text(OTHER.replace("size: 12, ", ""))
    at("probe", "runs/like", "--on", "plain.yaml", "--set", "train.epochs=1")

    assert told(lab, "probe-plain.json")["size"] == [8, 8]


def test_the_same_probe_gives_the_same_numbers_and_another_seed_may_not(at, lab):
    found = []
    for more in ((), (), ("--seed", "3")):
        at("probe", "runs/like", "--on", "other.yaml", "--set", "train.epochs=2", *more)
        found.append((told(lab)["seed"], told(lab)["table"]))

    assert found[0] == found[1]
    assert found[2][0] == 3


def test_it_may_be_augmented(at, lab):
    code, _, _ = at(
        "probe", "runs/like", "--on", "other.yaml", "--augment", "--set", "train.epochs=2"
    )

    assert code == 0
    assert told(lab)["augment"] is True


def test_a_size_that_the_network_cannot_take_is_a_mistake(at):
    code, _, err = at("probe", "runs/like", "--on", "other.yaml", "--set", "data.size=1")

    assert code == 1
    assert "error[KD315]: `ConvNet` cannot take a batch of shape (2, 1, 1, 1)" in err


@pytest.mark.parametrize(
    ("folder", "reason"), [("runs/lik", "no such folder"), ("runs", "it is no run")]
)
def test_a_folder_without_a_student_is_a_mistake(at, folder, reason):
    code, _, err = at("probe", folder, "--on", "other.yaml")

    assert code == 1
    assert err.startswith(f"error[KD695]: `{folder}` holds no trained student: ")
    assert reason in err


def test_a_student_that_does_not_say_what_it_is_is_a_mistake(at, lab):
    from safetensors.torch import save_file

    from kdgraph.models.build import build

    (lab[0] / "bare").mkdir()
    save_file(build("convnet8", 4).state_dict(), lab[0] / "bare" / "student.safetensors")
    code, _, err = at("probe", "bare", "--on", "other.yaml")

    assert code == 1
    assert "`student.safetensors` does not" in err


def test_a_network_without_features_is_a_mistake(at, lab):
    (lab[0] / "bald.py").write_text(
        "import kdgraph\nfrom torch import nn\n\n\n"
        "@kdgraph.network()\ndef bald(classes: int, *, channels: int = 3) -> nn.Module:\n"
        '    """No linear layer."""\n'
        "    return nn.Sequential(nn.Conv2d(channels, classes, 8), nn.Flatten())\n"
    )
    word = ("--plugin", "bald.py")
    at("run", "ce", "--on", "tiny.yaml", "--set", "models.student=bald", "--out", "b", *word)
    code, _, err = at("probe", "b", "--on", "other.yaml", *word)

    assert code == 1
    assert "error[KD696]: `bald` has no `features` to probe" in err


def test_a_teacher_whose_weights_are_gone_is_left_out(at, lab):
    shutil.rmtree(lab[1])
    at("probe", "runs/like", "--on", "other.yaml", "--set", "train.epochs=1")

    assert [row["name"] for row in told(lab)["table"]] == ["student"]


def test_networks_that_saw_other_channels_are_shown_them_again(at, lab):
    cross = ("run", "crd-crossmodal", "--on", "tiny.yaml", "--no-alone")
    assert at(*cross, "--set", "K=4", "--set", "data.channels=3", "--out", "cross")[0] == 0
    code, _, err = at("probe", "cross", "--on", "other.yaml", "--set", "train.epochs=2")

    assert (code, err) == (0, "")
    told = json.loads((lab[0] / "cross" / "probe-other.json").read_text())
    assert [row["name"] for row in told["table"]] == ["teacher", "student"]
