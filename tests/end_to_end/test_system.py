"""What the operating system refuses is a message: what, why, and what to do."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys

import pytest

from kdgraph.cli import job
from kdgraph.lang.errors.system import refusal
from kdgraph.train import atomic
from tests.end_to_end.command import environment, tiny

WORDS = ("--no-alone", "--set", "models.teacher.weights=random")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc and /dev/full")


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("letter.txt", "file exists"),
        ("letter.txt/run", "not a directory"),
        pytest.param("/proc/run", "no such file or directory", marks=LINUX),
        ("x" * 300, "file name too long"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--resume",)])
def test_a_folder_that_cannot_be_is_a_message(here, tmp_path, out, reason, more):
    (tmp_path / "letter.txt").write_text("dear")

    code, _, err = here("run", "kd", "--on", tiny(tmp_path), *WORDS, "--out", out, *more)

    assert code == 1
    told = " ".join(err.split())
    assert told.startswith("error[KD676]" if more and len(out) < 300 else "error[KD631]")
    assert reason in told or more
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_the_folder_runs_may_be_a_file(here, tmp_path):
    (tmp_path / "runs").touch()

    code, _, err = here("run", "kd", "--on", tiny(tmp_path), *WORDS)

    assert code == 1
    assert err.startswith("error[KD631]: can't keep a run in `runs`: not a directory")


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_cache_that_cannot_be_is_a_message(here, tmp_path, monkeypatch, command):
    (tmp_path / "letter.txt").write_text("dear")
    monkeypatch.setenv("KDGRAPH_CACHE", str(tmp_path / "letter.txt"))

    code, _, err = here(command, "kd", "--on", tiny(tmp_path), "--no-alone", "--out", "it")

    assert code == 1
    assert "error[KD632]: can't keep trained weights in" in err
    assert "not a directory" in " ".join(err.split())


def test_a_comparison_that_cannot_be_kept_is_a_message(here, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")

    code, _, err = here("compare", "kd", "--on", tiny(tmp_path), *WORDS, "--out", "letter.txt")

    assert code == 1
    assert err.startswith("error[KD631]: can't keep a run in `letter.txt`: not a directory")


@pytest.mark.parametrize("full_after", [3, 6, 13])
def test_a_run_that_dies_of_a_full_disk_goes_on_where_its_checkpoint_is(
    here, tmp_path, monkeypatch, full_after
):
    command = ("run", "kd", "--on", tiny(tmp_path), *WORDS)
    assert here(*command, "--out", "whole")[0] == 0
    done, sync = [], os.fsync

    def filled(handle):
        done.append(handle)
        if len(done) > full_after:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with monkeypatch.context() as disk:
        disk.setattr(atomic.os, "fsync", filled)
        code, _, err = here(*command, "--out", "it")
    assert code == 1
    told = " ".join(err.split())
    assert told.startswith("error[KD630]: can't use `it/")
    assert "no space left on device" in told
    assert "--resume" in told
    assert not list((tmp_path / "it").rglob(f"{atomic.TEMPORARY}*"))

    assert here(*command, "--out", "it", "--resume")[0] == 0
    student = [tmp_path / one / "student.safetensors" for one in ("whole", "it")]
    assert student[0].read_bytes() == student[1].read_bytes()


def test_safetensors_own_error_of_a_full_disk_is_one_too(tmp_path, monkeypatch):
    def full(*_args, **_words):
        msg = "Error while serializing: I/O error: No space left on device (os error 28)"
        raise atomic.SafetensorError(msg)

    monkeypatch.setattr(atomic, "save_file", full)

    with pytest.raises(OSError, match="No space left") as caught:
        atomic.write_tensors(tmp_path / "x.safetensors", {})
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


def told_by(command, tmp_path, **streams):
    done = subprocess.run(
        [sys.executable, "-m", "kdgraph", *command],
        cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True, check=False,
        encoding="utf-8", timeout=120, **streams,
    )  # fmt: skip
    return done.returncode, done.stderr


@LINUX
def test_a_full_disk_behind_the_output_is_a_message(tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        code, err = told_by(["list"], tmp_path, stdout=full)

    assert code == 1
    assert err.startswith("error[KD630]: can't read or write: no space left on device")
    assert "Exception ignored" not in err


def test_nobody_who_listens_is_no_traceback(tmp_path):
    read, write = os.pipe()
    os.close(read)

    code, err = told_by(["list", "recipes"], tmp_path, stdout=write)

    os.close(write)
    assert (code, err) == (1, "")


@LINUX
def test_a_folder_that_is_gone_is_a_message(tmp_path):
    words = f"mkdir gone && cd gone && rmdir ../gone && exec {sys.executable} -m kdgraph check kd"
    done = subprocess.run(
        ["sh", "-c", words], cwd=tmp_path, env=environment(tmp_path), capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith("error[KD633]: the current folder does not exist any more")


def test_a_plugin_that_is_a_folder_is_a_message(here, tmp_path):
    (tmp_path / "mine").mkdir()

    code, _, err = here("check", "kd", "--plugin", "mine")

    assert code == 1
    assert err.startswith("error[KD116]: can't read `mine`: it is a folder")


def test_a_process_of_a_comparison_says_what_the_system_refuses(tmp_path):
    out = io.StringIO()
    order = {
        "title": "kd, seed 0", "recipe": "kd", "on": str(tiny(tmp_path)), "values": {}, "seed": 0,
        "ground": 0, "folder": str(tmp_path / "gone"), "plugins": [], "device": "cpu",
    }  # fmt: skip

    assert job.work(order, out) == 1
    said = json.loads(out.getvalue().splitlines()[-1])
    assert "error[KD630]: can't use" in json.dumps(said)
    assert "no such file or directory" in json.dumps(said)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), True),
        (FileNotFoundError("this installation has no folder"), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), False),
    ],
)
def test_what_may_be_our_own_fault_stays_a_traceback(error, is_told):
    assert (refusal(error) is not None) == is_told
