"""One process with the whole batch, or two with half of it each: the same numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kdgraph.train.distributed import ALONE, launch
from tests.end_to_end.command import environment, kdgraph, tiny
from tests.laws.recipe_ranks import SHIPPED, WAYS, alone_with_half, everything


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """By one process; by the first and the second of two."""
    out = tmp_path_factory.mktemp("ranks")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("TORCH_CPP_LOG_LEVEL", "ERROR")
        code = launch(2, ["-m", "tests.laws.recipe_ranks", str(out)])
    assert code == 0
    alone = everything(ALONE)
    torch.set_num_threads(threads)
    return alone, *(load_file(out / f"rank{rank}.safetensors") for rank in (0, 1))


@pytest.mark.parametrize("way", WAYS)
def test_loss_terms_and_gradients_are_those_of_the_whole_batch_on_both_ranks(way, found):
    one, *ranks = found
    assert set(SHIPPED) <= set(WAYS)
    names = [name for name in one if name.startswith(f"{way}/")]

    assert f"{way}/1/total" in names
    for rank in ranks:
        for name in names:
            torch.testing.assert_close(
                rank[name], one[name], rtol=1e-9, atol=1e-12,
                msg=lambda text, name=name: f"{name}: {text}",
            )  # fmt: skip


def test_compiled_and_eager_ranks_agree(found):
    _, first, second = found

    for rank in (first, second):
        for name, value in rank.items():
            if name.startswith("icd/"):
                torch.testing.assert_close(rank[name.replace("icd/", "icd compiled/")], value)


def test_negatives_come_from_all_ranks(found):
    # with its own rows alone a rank has half as many classes to tell apart
    one, first, _ = found
    contrast = first["icd/0/terms/contrast"]

    assert contrast == pytest.approx(one["icd/0/terms/contrast"].item())
    assert abs(contrast - alone_with_half()) > 0.1


def test_no_gradient_through_gathered_rows_is_silently_zero(found):
    _, first, _ = found

    for name, value in first.items():
        if "/0/gradient/" in name and not name.endswith(("/b", "bias")):  # norms take shifts away
            assert value.abs().max() > 1e-7, name


def test_all_ranks_know_what_every_row_is_worth_and_condense_alike(found):
    one, *ranks = found
    names = [name for name in one if name.startswith("condensed/")]

    assert one["condensed/count"].tolist() == [2] * 12
    for rank in ranks:
        for name in names:
            torch.testing.assert_close(rank[name], one[name], rtol=1e-12, atol=1e-12)
            assert rank[name].equal(ranks[0][name])


def test_the_command_trains_on_two_devices_of_this_machine(tmp_path):
    code, out, err = kdgraph(
        "run", "icd", "--devices", "2", "--device", "cpu", "--on", str(tiny(tmp_path)),
        folder=tmp_path, cache=tmp_path / "cache",
    )  # fmt: skip

    assert (code, err) == (0, "")
    run = tmp_path / "runs" / "icd"
    assert [one.name for one in run.parent.iterdir()] == ["icd"]
    epochs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [one["epoch"] for one in epochs if one["event"] == "epoch"] == [1, 2]
    assert {"student.safetensors", "result.json", "graph.svg", "config.yaml"} <= {
        one.name for one in run.iterdir()
    }
    # each line once, although two processes run
    assert out.count("teacher: convnet16, trained with cross-entropy") == 1
    assert out.count("icd on tiny") == 1
    assert out.count("student 2/2") == 1


def test_rows_of_all_ranks_meet_in_the_first_step_too_in_which_a_delay_holds_nothing(tmp_path):
    recipe = tmp_path / "late.kd"
    recipe.write_text(
        "loss: cross_entropy(student.logits, y) + share + late\n"
        "where:\n"
        "  share: mean(softmax(linear(flatten(x)/255, 4), over=0))\n"
        "  old: delay(z=student.logits)\n"
        "  late: mean(old.z)·mean(student.logits)\n",
        encoding="utf-8",
    )
    code, _, err = kdgraph(
        "run", str(recipe), "--devices", "2", "--device", "cpu", "--on", str(tiny(tmp_path)),
        "--no-alone", "--set", "train.batch=44", folder=tmp_path, cache=tmp_path / "cache",
    )  # fmt: skip

    assert (code, err) == (0, "")
    lines = (tmp_path / "runs" / "late" / "metrics.jsonl").read_text().splitlines()
    shares = [one["terms"]["share"] for one in map(json.loads, lines) if "terms" in one]
    assert shares == pytest.approx([1 / 44] * len(shares))


def test_a_mistake_is_told_once_whatever_the_number_of_processes(tmp_path):
    missing = ("--set", "models.teacher.weights=gone.safetensors")
    code, out, err = kdgraph(
        "run", "kd", "--devices", "2", "--device", "cpu", "--on", str(tiny(tmp_path)), *missing,
        folder=tmp_path, cache=tmp_path / "cache",
    )  # fmt: skip

    assert code == 1
    assert err.count("error[KD650]") == 1
    assert "Traceback" not in err
    assert out == ""
    assert not list(tmp_path.glob("runs/*"))


def test_torchs_own_launcher_needs_no_word_of_devices(tmp_path):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = ["-m", "kdgraph", "run", "ce", "--on", str(tiny(tmp_path)), "--device", "cpu"]
    done = subprocess.run(
        [*launcher, *command], cwd=tmp_path, env=environment(tmp_path / "cache"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert [one.name for one in (tmp_path / "runs").iterdir()] == ["ce"]
    assert done.stdout.count("ce on tiny") == 1
