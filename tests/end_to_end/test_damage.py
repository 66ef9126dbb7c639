"""A run whose files a disk or a hand has spoilt goes on where it can, and says so."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from kdgraph.train import rundir
from tests.end_to_end.command import finish, kdgraph, start, tiny


@pytest.fixture
def again(here, tmp_path):
    """A run of two epochs without its end, and the command that goes on with it."""
    words = ("run", "kd", "--on", tiny(tmp_path), "--no-alone", "--out", tmp_path / "it")
    code, _, err = here(*words)
    assert (code, err) == (0, "")
    folder = tmp_path / "it"
    whole = {name: (folder / name).read_bytes() for name in ("student.safetensors", "result.json")}
    for name in whole:
        (folder / name).unlink()
    return folder, whole, lambda: here(*words, "--resume")


def accuracies(text):
    return [one["last"] for one in json.loads(text)["table"]]


@pytest.mark.parametrize(
    "harm", ["cut short", "another step", "no manifest", "no tensors", "empty"]
)
def test_a_damaged_newest_checkpoint_is_told_and_the_one_before_is_taken(again, harm):
    folder, whole, resume = again
    _, newest = sorted((folder / "checkpoints" / "1").iterdir())
    match harm:
        case "cut short":
            file = newest / "tensors.safetensors"
            file.write_bytes(file.read_bytes()[:100])
        case "another step":
            file = newest / "manifest.json"
            step = json.loads(file.read_text())["place"]["step"]
            file.write_text(file.read_text().replace(f'"step": {step},', f'"step": {step ^ 1},'))
        case "no manifest":
            (newest / "manifest.json").unlink()
        case "no tensors":
            (newest / "tensors.safetensors").unlink()
        case "empty":
            shutil.rmtree(newest)
            newest.mkdir()

    code, out, err = resume()

    assert (code, err) == (0, "")
    assert "warning[KD673]" in out.replace("\n", " ")
    assert newest.name in out
    assert (folder / "student.safetensors").read_bytes() == whole["student.safetensors"]
    assert accuracies((folder / "result.json").read_text()) == accuracies(whole["result.json"])
    events = [
        one["event"] for one in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    ]
    assert [events.count(one) for one in ("begin", "epoch", "end", "fidelity")] == [1, 2, 1, 4]


def test_where_no_checkpoint_is_whole_the_run_is_refused(again):
    folder, _, resume = again
    for one in (folder / "checkpoints" / "1").iterdir():
        (one / "manifest.json").write_text("{}")

    code, _, err = resume()

    assert code == 1
    assert err.startswith("error[KD672]: ")
    assert "start without `--resume`" in " ".join(err.split())


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (b"data: {name: [\n", "it is no YAML in line 2"),
        (b"", "it holds no names with values"),
        (b"just words\n", "it holds no names with values"),
        (b"\xff\xfe\x00", "it is no text"),
        (b"!!python/object/apply:os.getcwd []\n", "it is no YAML in line 1"),
    ],
)
def test_a_spoilt_config_is_a_message(again, spoilt, said):
    folder, _, resume = again
    (folder / "config.yaml").write_bytes(spoilt)

    code, _, err = resume()

    assert code == 1
    assert err.startswith("error[KD686]: ")
    assert said in " ".join(err.split())


@pytest.mark.parametrize(
    ("old", "new"), [("recipe: kd", "recipe: ke"), ("- 8", "!!timestamp 8"), ("threads", "!!int")]
)
def test_a_config_that_was_changed_where_nothing_is_compared_is_a_message(again, old, new):
    folder, _, resume = again
    config = folder / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace(old, new, 1) if old in text else f"{text}{new}: 1\n")

    code, _, err = resume()

    assert code == 1
    assert err.startswith("error[KD686]: ")


def test_a_config_with_another_value_is_another_run(again):
    folder, _, resume = again
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("lr: 0.1", "lr: 0.3"))

    code, _, err = resume()

    assert code == 1
    assert err.startswith("error[KD671]: ")
    assert "train.lr" in err


@pytest.mark.parametrize("spoilt", ["{", "[]", '{"table": 3, "fidelity": []}'])
def test_a_spoilt_result_is_a_message_that_says_how_to_get_it_back(again, spoilt):
    folder, whole, resume = again
    (folder / "result.json").write_text(spoilt)

    code, _, err = resume()
    assert code == 1
    assert err.startswith("error[KD686]: ")
    (folder / "result.json").unlink()

    assert resume()[0] == 0
    assert accuracies((folder / "result.json").read_text()) == accuracies(whole["result.json"])


def test_a_spoilt_line_of_the_journal_stops_nobody(again):
    folder, _, resume = again
    shutil.rmtree(max((folder / "checkpoints" / "1").iterdir()))
    journal = folder / "metrics.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b'{"event": \xff\n', b"3\n", *lines[1:]]))

    assert resume()[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")
def test_two_processes_never_run_in_one_folder(again, cache, tmp_path):
    folder, _, _ = again
    words = ("run", "kd", "--on", tiny(tmp_path), "--no-alone", "--out", folder, "--resume")

    with rundir.held(rundir.RunDir(folder)):
        code, _, err = kdgraph(*words, folder=tmp_path, cache=cache)
    assert code == 1
    assert err.startswith("error[KD687]: another process")

    assert finish(start(*words, folder=tmp_path, cache=cache))[0] == 0


@pytest.mark.parametrize(
    "told", [("--set", "γ=0.5"), ("--set", "kd=mse(teacher.logits, student.logits)")]
)
def test_a_checkpoint_of_another_loss_is_refused(again, here, tmp_path, told):
    folder, _, _ = again
    words = ("run", "kd", "--on", tiny(tmp_path), "--no-alone", "--out", folder, "--resume")

    code, _, err = here(*words, *told)

    assert code == 1
    assert err.startswith("error[KD671]: ")
    assert "belongs to another graph" in " ".join(err.split())
