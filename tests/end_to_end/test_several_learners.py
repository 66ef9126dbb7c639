"""A recipe that trains more than the student: each model is measured, told and kept."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from kdgraph.data.load import load
from kdgraph.experiment import examine
from kdgraph.models.build import build
from kdgraph.train.cast import normalised
from tests.end_to_end.command import SETTING, tiny

MUTUAL = """\
loss: cross_entropy(student.logits, y) + cross_entropy(peer.logits, y) + p + q
where:
  p: kl(softmax(detach(peer.logits)) ‖ softmax(student.logits))
  q: kl(softmax(detach(student.logits)) ‖ softmax(peer.logits))
stages: [{name: both, trains: [student, peer]}]
"""
CHAIN = """\
chain: [teacher, a1, student]
stages:
  - {for: "m in chain[1:]", trains: [m], loss: taught(m)}
define:
  taught(m): cross_entropy(m.logits, y) + mean(kd(t.logits ‖ m.logits) for t in before(m))
"""
LAST_A_HEAD = """\
where:
  sup:  cross_entropy(student.logits, y)
  late: cross_entropy(linear(student.features, classes), y)
stages:
  - {name: student, trains: [student], loss: sup}
  - {name: head, trains: [late], loss: late}
"""
LAST_AN_ASSISTANT = """\
stages:
  - {name: student, trains: [student], loss: "cross_entropy(student.logits, y)"}
  - {name: a1, trains: [a1], loss: "cross_entropy(a1.logits, y)", epochs: 1}
"""


@pytest.fixture
def run(here, tmp_path):
    """A run with further models; its folder."""

    def told(recipe: str, *more: object, **models: str):
        path = tmp_path / "mine.kd"
        path.write_text(recipe)
        sets = [word for name, net in models.items() for word in ("--set", f"models.{name}={net}")]
        code, _, err = here("run", path, "--on", tiny(tmp_path), "--quiet", *sets, *more)
        assert (code, err) == (0, "")
        return tmp_path / "runs" / "mine"

    return told


def rows(folder):
    return {one["name"]: one for one in json.loads((folder / "result.json").read_text())["table"]}


def epochs(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["event"] == "epoch"]


def counted(file, name, tmp_path):
    """The share of the test images that weights of a file get right, computed anew."""
    split = load(examine("ce", str(tiny(tmp_path, SETTING))).data)
    network = build(name, 4, channels=1)
    network.load_state_dict(load_file(file))
    with torch.no_grad():
        logits = network.eval()(normalised({"it": split.normalisation})["it"](split.test.pixels))
    return (logits.argmax(1) == split.test.labels).float().mean().item()


def test_two_models_that_learn_from_one_another_are_both_measured_told_and_kept(run, tmp_path):
    folder = run(MUTUAL, "--no-alone", peer="convnet16")
    told, measured = rows(folder), [one["measures"] for one in epochs(folder)]

    assert list(told) == ["peer", "student"]
    assert [set(one) for one in measured] == [{"accuracy", "peer.accuracy"}] * 2
    for name, key, net in (
        ("student", "accuracy", "convnet8"),
        ("peer", "peer.accuracy", "convnet16"),
    ):
        assert told[name]["last"] == [measured[-1][key]]
        assert told[name]["best"] == [max(one[key] for one in measured)]
        kept = counted(folder / f"{name}.safetensors", net, tmp_path)
        assert kept == pytest.approx(told[name]["last"][0])


def test_with_the_best_weights_each_model_keeps_those_of_its_own_best_epoch(run, tmp_path):
    longer = ("--set", "train.epochs=5", "--set", "train.select=best", "--set", "train.lr=0.3")
    folder = run(MUTUAL, "--no-alone", *longer, peer="convnet16")

    for name, net in (("student", "convnet8"), ("peer", "convnet16")):
        best = max(
            one["measures"]["accuracy" if name == "student" else "peer.accuracy"]
            for one in epochs(folder)
        )
        assert counted(folder / f"{name}.safetensors", net, tmp_path) == pytest.approx(best)


def test_every_model_of_a_chain_has_a_row_and_weights(run, tmp_path):
    folder = run(CHAIN, a1="convnet12")
    told = rows(folder)

    assert list(told) == ["teacher", "a1", "student alone", "student distilled"]
    assert {one["stage"] for one in epochs(folder)} == {2}  # the assistant's is in the cache
    assert told["student distilled"]["last"] == [epochs(folder)[-1]["measures"]["accuracy"]]
    kept = counted(folder / "a1.safetensors", "convnet12", tmp_path)
    assert told["a1"]["last"] == [pytest.approx(kept)]
    assert not (folder / "teacher.safetensors").exists()


def test_each_seed_has_its_accuracies_and_weights(run):
    folder = run(MUTUAL, "--no-alone", "--seeds", 2, peer="convnet16")

    assert all(len(one["last"]) == len(one["best"]) == 2 for one in rows(folder).values())
    for seed in (0, 1):
        assert (folder / f"seed-{seed}" / "peer.safetensors").exists()


@pytest.mark.parametrize("recipe", [LAST_A_HEAD, LAST_AN_ASSISTANT], ids=["head", "assistant"])
def test_where_the_last_stage_leaves_the_student_alone_its_accuracy_is_that_of_its_weights(
    run, recipe, tmp_path
):
    models = {"a1": "convnet16"} if recipe == LAST_AN_ASSISTANT else {}
    folder = run(recipe, "--no-alone", **models)
    told = rows(folder)["student"]

    own = [one["measures"]["accuracy"] for one in epochs(folder) if one["stage"] == 1]
    assert told["last"] == pytest.approx([own[-1]])
    assert told["best"] == [max(own)]
    assert counted(folder / "student.safetensors", "convnet8", tmp_path) == pytest.approx(own[-1])


def test_the_result_has_what_a_comparison_needs(run):
    folder = run("extends: kd\n", "--seeds", 2)
    told = json.loads((folder / "result.json").read_text())

    assert (told["format"], told["recipe"], told["seeds"]) == (1, "mine", 2)
    for one in told["table"][1:]:
        for name in ("last", "best", "seconds", "images_per_second", "peak_memory"):
            assert len(one[name]) == 2, name
            assert all(value > 0 for value in one[name]), name
        assert one["parameters"] == sum(
            value.numel() for value in build("convnet8", 4, channels=1).parameters()
        )
    alike = {(one["name"], one["data"]): one for one in told["fidelity"]}
    assert list(alike) == [
        (name, data)
        for data in ("train", "test")
        for name in ("teacher", "student alone", "student distilled")
    ]
    for (name, data), one in alike.items():
        seeds = 1 if name == "teacher" else 2
        measures = ["accuracy", "nll", "ece", *(["agreement", "kl"] if name != "teacher" else [])]
        assert all(len(one[measure]) == seeds for measure in measures)
        if data == "test":
            row = next(row for row in told["table"] if row["name"] == name)
            assert one["accuracy"] == pytest.approx(row["last"])
    lines = (folder / "seed-1" / "metrics.jsonl").read_text().splitlines()
    said = [one for one in map(json.loads, lines) if one["event"] == "fidelity"]
    assert said[-1]["kl"] == alike["student distilled", "test"]["kl"][1]


def test_fidelity_is_shown_in_80_columns_and_again_where_the_run_is_finished(here, tmp_path):
    first = here("run", "kd", "--on", tiny(tmp_path), "--no-alone", "--out", "it")[1]
    again = here("run", "kd", "--on", tiny(tmp_path), "--no-alone", "--out", "it", "--resume")[1]

    table = first[first.index("fidelity") :]
    assert "student distilled │ test" in table
    assert max(map(len, table.splitlines())) <= 80
    assert again[again.index("fidelity") :] == table
    lines = (tmp_path / "it" / "metrics.jsonl").read_text().splitlines()
    assert sum('"fidelity"' in line for line in lines) == 4
