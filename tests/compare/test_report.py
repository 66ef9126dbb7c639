from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from kdgraph.compare.report import Report, markdown, numbers, table
from kdgraph.compare.rows import Row, student, teachers
from kdgraph.train.closing import Likeness
from kdgraph.train.result import Result
from kdgraph.train.table import Entry

TEACHER = Entry("teacher", "convnet16", (0.9,), (0.92,), 100, (5.0,))


def result(last, best, agreement, seconds, memory):
    entry = Entry(
        "student distilled", "convnet8", (last,), (best,), 10, (seconds,), (1e3,), (memory,)
    )
    alike = (
        Likeness("student distilled", "train", {"agreement": (0.1,)}),
        Likeness("student distilled", "test", {"agreement": (agreement,)}),
    )
    return Result((TEACHER, entry), alike)


DONE = {
    1: result(0.84, 0.86, 0.5, 3.0, 2 << 20),
    0: result(0.80, 0.82, 0.7, 1.0, 3 << 20),
    4: result(0.82, 0.83, 0.6, 2.0, 1 << 20),
}
REPORT = Report(
    "digits",
    "kdgraph compare kd",
    ("digits", "seeds 0 to 2"),
    (*teachers(list(DONE.values())), student("kd", "convnet8", DONE, 3), Row("at", "c", missing=3)),
    ("agree: …",),
    {"at, seed 0": "error[KD670]: …"},
)


def test_the_runs_of_a_recipe_are_one_row_in_the_order_of_their_seeds():
    assert student("kd", "convnet8", DONE, 4) == Row(
        "kd", "convnet8", (0.80, 0.84, 0.82), (0.82, 0.86, 0.83), (0.7, 0.5, 0.6),
        (1.0, 3.0, 2.0), (3 << 20, 2 << 20, 1 << 20), (0, 1, 4), 1,
    )  # fmt: skip


def test_the_teacher_of_all_is_one_row():
    assert teachers(list(DONE.values())) == [
        Row("teacher", "convnet16", (0.9,), (0.92,), seconds=(5.0,))
    ]


def test_mean_and_standard_error_worked_by_hand():
    # 80, 84, 82: mean 82, deviations −2, 2, 0, so 8/2 = 4 and √4/√3 = 1.1547
    # 82, 86, 83: mean 83.667, 25/9 + 49/9 + 4/9 = 26/3, so 13/3 and √(13/9) = 1.2019
    told = json.loads(numbers(REPORT))["rows"][1]

    assert told["last"]["mean"] == pytest.approx(0.82)
    assert told["last"]["standard_error"] == pytest.approx(0.02 / math.sqrt(3))
    assert told["best"]["standard_error"] == pytest.approx(math.sqrt(13) / 300)
    assert "| kd | convnet8 | 82.00 ± 1.15 | 83.67 ± 1.20 | 60.00 ± 5.77 | 2.0 s | 3 MB |" in (
        markdown(REPORT)
    )


def test_the_table_fits_a_terminal_and_says_who_failed():
    console = Console(file=io.StringIO(), width=80)
    console.print(table(REPORT))
    shown = console.file.getvalue()

    assert max(map(len, shown.splitlines())) <= 80
    assert next(one for one in shown.splitlines() if " at " in one).split() == ["at", "failed"]
    assert next(one for one in shown.splitlines() if " kd " in one).split()[:7] == [
        "kd", "82.00", "±", "1.15", "83.67", "±", "1.20",
    ]  # fmt: skip


def test_what_is_missing_is_said_where_some_seeds_are_there():
    row = student("kd", "convnet8", {0: DONE[0]}, 3)
    text = markdown(Report("digits", "kdgraph", (), (row,)))

    assert "| kd | convnet8 | 80.00 (2 failed) | 82.00 |" in text
    assert json.loads(numbers(Report("d", "k", (), (row,))))["rows"][0]["missing"] == 2
    assert json.loads(numbers(REPORT))["rows"][2]["last"]["mean"] is None
