from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.train import fidelity_table, result, rundir, table
from kdgraph.train.closing import Likeness
from kdgraph.train.result import Result
from kdgraph.train.table import Entry
from tests.train.flips import flips

ENTRIES = [
    Entry("teacher", "digits-large", (0.989,), (0.991,)),
    Entry("student alone", "digits-small", (0.93, 0.94, 0.92), (0.94, 0.95, 0.93)),
    Entry("student, distilled", "digits-small", (0.95, 0.96, 0.955), (0.96, 0.96, 0.96)),
]


def test_the_standard_error_worked_by_hand():
    # mean 0.93, deviations 0, 0.01, −0.01: variance 1e-4, over three seeds
    assert table.mean(ENTRIES[1].last) == pytest.approx(0.93)
    assert table.standard_error(ENTRIES[1].last) == pytest.approx(0.01 / math.sqrt(3))
    assert math.isnan(table.standard_error((0.5,)))


def test_the_table_has_last_and_best_in_percent():
    console = Console(file=io.StringIO(), width=80)
    console.print(table.table(ENTRIES, title="kd on digits"))
    shown = console.file.getvalue()

    assert "kd on digits" in shown
    assert "93.00 ± 0.58" in shown
    assert "98.90 " in shown
    assert "mean ± standard error over 3 seeds" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_one_seed_has_no_caption_and_no_error():
    text = table.markdown(ENTRIES[:1])

    assert text == (
        "| | model | last, % | best, % |\n|---|---|---:|---:|\n"
        "| teacher | digits-large | 98.90 | 99.10 |\n"
    )


def test_the_result_of_a_run_is_written_and_read_back(tmp_path):
    run = rundir.RunDir(tmp_path)
    assert not run.is_finished

    whole = Result(tuple(ENTRIES), ALIKE)
    result.write(run, whole, {"recipe": "kd", "seeds": [0, 1, 2]})

    assert run.is_finished
    assert result.read(run.result) == whole
    said = json.loads(run.result.read_text())
    assert said["seeds"] == [0, 1, 2]
    assert said["table"][1]["mean_last"] == pytest.approx(0.93)
    assert (run.path / "result.md").read_text().startswith("# kd\n\n| | model")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_measure_that_is_no_number_is_null(tmp_path, value):
    run = rundir.RunDir(tmp_path)
    likeness = Likeness("student", "test", {"kl": (0.5, value)})

    result.write(run, Result(tuple(ENTRIES), (likeness,)), {"metrics": {"spread": value}})

    written = json.loads(run.result.read_text())
    assert written["fidelity"][0]["kl"] == [0.5, None]
    assert written["metrics"] == {"spread": None}
    again = result.read(run.result)
    assert math.isnan(again.fidelity[0].measures["kl"][1])
    assert again.table == tuple(ENTRIES)


def test_no_bit_of_a_result_can_turn_over_unseen(tmp_path):
    run = rundir.RunDir(tmp_path)
    whole = Result(tuple(ENTRIES), ALIKE)
    result.write(run, whole, {"recipe": "kd", "seeds": [0, 1, 2]})
    for bit in flips(run.result, 300):
        try:
            found = result.read(run.result)
        except RecipeError as error:
            found = error.diagnostics[0].code
        assert found == "KD686" or (found == whole and b"seal" not in run.result.read_bytes()), bit


def test_a_result_without_a_checksum_is_an_older_one(tmp_path):
    run = rundir.RunDir(tmp_path)
    result.write(run, Result(tuple(ENTRIES), ALIKE), {"recipe": "kd"})
    words = json.loads(run.result.read_text())
    del words["seal"]
    run.result.write_text(json.dumps(words))

    assert result.read(run.result).table == tuple(ENTRIES)


def told(accuracy, *more):
    names = ("nll", "ece", "agreement", "kl")
    return {"accuracy": accuracy, **dict(zip(names, more, strict=False))}


ALIKE = (
    Likeness("teacher", "train", told((1.0,), (0.0012,), (0.004,))),
    Likeness("teacher", "test", told((0.98,), (0.0512,), (0.014,))),
    Likeness(
        "student distilled",
        "train",
        told((0.97, 0.95), (0.1, 0.2), (0.1, 0.3), (0.9, 1.0), (0.5, 0.25)),
    ),
)


def test_the_table_of_fidelity_fits_a_terminal_and_has_means_over_seeds():
    console = Console(file=io.StringIO(), width=80)
    console.print(fidelity_table.table(ALIKE))
    shown = console.file.getvalue()

    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    row = next(line for line in shown.splitlines() if "student distilled" in line)
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert cells == ["student distilled", "train", "95.00", "0.3750", "20.00", "0.1500", "96.00"]
    row = next(line for line in shown.splitlines() if "0.0512" in line)
    assert [cell.strip() for cell in row.split("│")[3:5]] == ["", ""]
    assert "means over 2 seeds" in shown


def test_without_a_teacher_there_is_no_table_of_fidelity():
    alone = (Likeness("student", "test", told((0.9,), (0.3,), (0.1,))),)

    assert not fidelity_table.is_told(alone)
    assert fidelity_table.markdown(alone) == ""
    assert fidelity_table.markdown(ALIKE).splitlines()[1].startswith("| | data | agree, % |")
