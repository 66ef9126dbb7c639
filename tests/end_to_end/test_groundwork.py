"""A stage that no student takes part in is done once, and kept like a teacher's weights."""

from __future__ import annotations

import pytest
from safetensors.torch import load_file

from tests.end_to_end.command import Here, tiny

TRAINED = "teacher head: trained once for all students, kept for the next time"
KEPT = "teacher head: from the cache"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder and a cache, after one run of SSKD."""
    folder, cache = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("cache")
    return folder, cache


@pytest.fixture
def run(lab, monkeypatch, capsys):
    folder, cache = lab
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    here = Here(monkeypatch, capsys)

    def one(name: str, *words: str) -> str:
        out = folder / name
        if not (out / "result.json").exists():
            setting = tiny(folder)
            code, said, err = here(
                "run", "sskd", "--on", setting, "--no-alone", "--out", out, *words
            )
            assert (code, err) == (0, "")
            (out / "said.txt").write_text(said)
        return (out / "said.txt").read_text()

    return one


def test_the_first_run_trains_the_head_and_the_next_one_finds_it(run, lab):
    assert TRAINED in run("first")
    assert KEPT in run("again")

    first, again = (load_file(lab[0] / name / "student.safetensors") for name in ("first", "again"))
    assert all(first[name].equal(tensor) for name, tensor in again.items())


@pytest.mark.parametrize("word", ["ss=kd(A_t ‖ A_s, T=0.5)", "models.student=convnet12"])
def test_another_student_or_variant_meets_the_same_head(run, word):
    run("first")

    assert KEPT in run(word.partition("=")[0], "--set", word)


@pytest.mark.parametrize(
    "word", ["models.teacher.train.epochs=1", "data.limit=80", "train.epochs=8"]
)
def test_another_teacher_other_data_or_a_longer_stage_make_another_head(run, word):
    run("first")

    assert TRAINED in run(word.partition("=")[0], "--set", word)


def test_two_seeds_share_the_head_of_the_first(run):
    run("first")
    said = run("seeds", "--seeds", "2")

    assert said.count(KEPT) == 2
    assert TRAINED not in said


def test_the_run_has_no_checkpoint_of_what_is_in_the_cache(run, lab):
    run("first")

    assert [path.name for path in (lab[0] / "first" / "checkpoints").iterdir()] == ["2"]
