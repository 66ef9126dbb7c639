"""`kdgraph check`: every mistake at once, in seconds, without data and mostly without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from kdgraph import files
from tests.end_to_end.command import Here, environment, tiny

PROBE = """\
import atexit, sys
heavy = ("torch", "torchvision", "timm", "sklearn", "pyarrow", "safetensors", "tensorboard")
atexit.register(
    lambda: print("loaded:", *(one for one in heavy if one in sys.modules), file=sys.stderr)
)
"""
THREE = """\
title: three mistakes and a warning
loss: sup + λ·soft + hint
where:
  sup:  cross_entropi(student.logits, y)
  soft: kd(teacher.logits ‖ student.logits, temperature=4)
  hint: mse(student.layr3, teacher.features)
  λ: 0.5
setting: digits
"""
LANGUAGE = "loss: sup\nwhere:\n  sup: cross_entropi(student.logits, y)\n"
UNUSED = "loss: sup\nwhere:\n  sup: cross_entropy(student.logits, y)\n  lost: 3\n"


@pytest.fixture
def check(tmp_path):
    """`kdgraph check …` in a process of its own: code, output, errors, what it loaded."""
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "sitecustomize.py").write_text(PROBE)

    def told(*words: object) -> tuple[int, str, str, list[str]]:
        env = environment(tmp_path / "cache")
        env["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "probe"), env["PYTHONPATH"]])
        done = subprocess.run(
            [sys.executable, "-m", "kdgraph", "check", *map(str, words)],
            cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        err, _, loaded = done.stderr.rpartition("loaded:")
        return done.returncode, done.stdout, err, loaded.split()

    return told


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return Here(monkeypatch, capsys)


def write(folder: Path, text: str, name: str = "mine.kd") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# they name a module of the network by its path, and only the network knows whether it has that;
# ema tells the bytes of all its weights
LOOK_INSIDE = {"ema", "crd-unlabelled", "crd-crossmodal", "bingo", "bingo-paper"}


def test_every_shipped_recipe_is_clean_and_none_that_looks_inside_no_network_needs_torch(check):
    names = [path.stem for path in files.recipes() if path.stem not in LOOK_INSIDE]
    code, out, err, loaded = check(*names)

    assert (code, err) == (0, "")
    said = [line for line in out.splitlines() if ":" in line]
    assert [line.split()[0] for line in said] == names
    assert all(line.endswith(": ok") for line in said)
    assert loaded == []


def test_a_mistake_of_the_language_is_told_without_torch_with_exit_code_1(check, tmp_path):
    write(tmp_path, LANGUAGE)
    code, out, err, loaded = check("mine.kd")

    assert (code, out) == (1, "")
    assert "error[KD302]: no function is called `cross_entropi`" in err
    assert "did you mean `cross_entropy`?" in err
    assert err.splitlines()[-1] == "mine.kd on digits: 1 error"
    assert loaded == []


def test_a_warning_does_not_fail(check, tmp_path):
    write(tmp_path, UNUSED)
    code, out, err, loaded = check("mine.kd")

    assert code == 0
    assert err.startswith("warning[KD321]: `lost` is never used")
    assert out == "mine.kd on digits: 1 warning\n"
    assert loaded == []


def test_a_module_path_is_looked_up_in_the_real_network_built_without_weights(check, tmp_path):
    write(tmp_path, "loss: cross_entropy(student.logits, y) + mean(student.layr3²)\n")
    code, _, err, loaded = check("mine.kd", "--on", "cifar10")

    assert code == 1
    assert "error[KD310]: `student` has no module `layr3`" in err
    assert "did you mean `student.layer3`?" in err
    assert loaded == ["torch"]
    fast = check("mine.kd", "--on", "cifar10", "--fast")
    assert (fast[0], fast[3]) == (0, [])


def test_an_empty_command_is_wrong_usage_with_exit_code_2(check):
    code, _, err, _ = check()

    assert code == 2
    assert "Missing argument" in err


def test_all_mistakes_of_a_recipe_are_told_at_once_each_with_its_place(here, tmp_path):
    write(tmp_path, THREE)
    code, _, err = here("check", "mine.kd")

    assert code == 1
    lines = THREE.splitlines()
    for number, culprit in ((4, "cross_entropi"), (5, "temperature"), (6, "student.layr3")):
        assert f"--> mine.kd:{number}:{lines[number - 1].index(culprit) + 1}\n" in err
    assert err.count("error[KD") == 3
    assert err.splitlines()[-1] == "mine.kd on digits: 3 errors"


def test_carets_stand_under_the_words_also_behind_greek_letters(here, tmp_path):
    write(tmp_path, "loss: λ·cross_entropi(student.logits, y)\nwhere: {λ: 2}\n")
    _, _, err = here("check", "mine.kd")
    lines = err.splitlines()
    text = next(line for line in lines if line.startswith("1 |"))
    carets = next(line for line in lines if "^" in line)

    assert carets.index("^") == text.index("cross_entropi")
    assert carets.count("^") == len("cross_entropi")


def test_several_recipes_are_checked_and_one_mistake_fails_them_all(here, tmp_path):
    write(tmp_path, LANGUAGE, "wrong.kd")
    code, out, err = here("check", "kd", "wrong.kd", "gone.kd", "icd")

    assert code == 1
    assert out.splitlines() == ["kd on digits: ok", "icd on digits: ok"]
    assert "wrong.kd on digits: 1 error" in err
    assert "error[KD308]: no recipe is called `gone.kd`" in err
    assert "gone.kd: 1 error" in err


@pytest.mark.parametrize("recipe", [path.stem for path in files.recipes()])
def test_every_recipe_is_clean_on_every_setting(here, recipe):
    for setting in files.settings():
        code, out, err = here("check", recipe, "--on", setting.stem)
        assert (code, err) == (0, "")
        assert out.splitlines()[0] == f"{recipe} on {setting.stem}: ok"


def test_the_bytes_of_memory_are_told_for_the_data_at_hand(here):
    # 50 000 rows of 128 float32 for either bank
    assert here("check", "crd", "--on", "cifar100")[1].splitlines()[1:] == [
        "memory",
        "  crd.M_t           25.6 MB",
        "  crd.nce.P.once    4 bytes",
        "  crd.M_s           25.6 MB",
        "  crd.nce.P.once_2  4 bytes",
        "  together          51.2 MB",
    ]


def test_a_setting_of_ones_own_is_named_by_its_path_or_by_the_recipe(here, tmp_path):
    setting = tiny(tmp_path)
    assert here("check", "kd", "--on", setting)[:2] == (0, "kd on tiny: ok\n")
    write(tmp_path, "extends: kd\nsetting: tiny.yaml\n")

    assert here("check", "mine.kd")[:2] == (0, "mine.kd on tiny: ok\n")


def test_values_of_the_command_line_are_checked_too(here):
    code, _, err = here("check", "kd", "--set", "train.epochs=often", "--set", "T=hot")

    assert code == 1
    assert "--set train.epochs=often" in err
    assert "--set T=hot" in err
    assert err.splitlines()[-1] == "kd on digits: 2 errors"


def test_no_data_is_looked_for(here, tmp_path, monkeypatch):
    monkeypatch.setenv("KDGRAPH_DATA", str(tmp_path / "nowhere"))

    assert here("check", "kd", "--on", "cifar100")[0] == 0


def test_messages_about_short_lines_fit_a_terminal_of_80_columns(here, tmp_path):
    write(tmp_path, THREE)
    _, _, err = here("check", "mine.kd")

    assert max(cell_len(line) for line in err.splitlines() if " = help" not in line) <= 80
