"""A loss that stops being a number ends the run at once, by name, and spoils nothing."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load_file

from tests.end_to_end.command import STEPS, tiny

LOG = """\
loss: sup + bad
where:
  sup: cross_entropy(student.logits, y)
  bad: mean(log(0·student.logits - 1))
"""
LATE = f"""\
loss: sup + 0.5·late
where:
  sup: cross_entropy(student.logits, y)
  late: mean(student.logits²)/({STEPS + 2} - step)
"""
UNNAMED = "loss: cross_entropy(student.logits, y) + mean(1/(0·student.logits))\n"
GRADIENT = """\
loss: cross_entropy(student.logits, y) + mean(1e30·(1e30·(student.logits - student.logits)))
"""


@pytest.fixture
def run(here, tmp_path):
    def told(text: str, *more: object) -> tuple[int, str, str]:
        recipe = tmp_path / "mine.kd"
        recipe.write_text(text)
        return here("run", recipe, "--on", tiny(tmp_path), "--no-alone", *more)

    return told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOG, "`bad` is not finite in epoch 1, step 0"),
        (LATE, f"`late` is not finite in epoch 2, step {STEPS + 2}"),
        (UNNAMED, "`mean(1/(0·student.logits))` is not finite in epoch 1, step 0"),
        (GRADIENT, "the gradient is not finite in epoch 1, step 0"),
    ],
    ids=["log", "late", "unnamed", "gradient"],
)
def test_the_run_stops_and_says_which_term_in_which_step(run, text, said):
    code, _, err = run(text, "--quiet")

    assert code == 1
    assert err.startswith(f"error[KD670]: {said}")
    assert "Traceback" not in err


def test_no_checkpoint_is_written_from_then_on_and_the_last_one_is_finite(run, tmp_path):
    run(LATE, "--save-every", 0)
    folder = tmp_path / "runs" / "mine"
    saved = sorted(folder.glob("checkpoints/1/*"))

    places = [json.loads((one / "manifest.json").read_text())["place"] for one in saved]
    assert [place["step"] for place in places] == [STEPS + 1, STEPS + 2]
    for one in saved:
        tensors = load_file(one / "tensors.safetensors")
        assert all(value.isfinite().all() for value in tensors.values())
    assert not (folder / "student.safetensors").exists()
    assert not (folder / "result.json").exists()


def test_a_run_that_is_not_finite_at_once_has_no_checkpoint_at_all(run, tmp_path):
    run(LOG, "--save-every", 0)

    assert not list((tmp_path / "runs" / "mine").rglob("*.safetensors"))


def test_on_another_protocol_the_same_recipe_runs_through(run):
    # nine steps of a larger batch never come to the step that divides by zero
    code, _, err = run(LATE, "--set", "train.batch=22")

    assert (code, err) == (0, "")
