"""The graph as text fits the terminal and keeps what matters."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from kdgraph import files
from kdgraph.experiment import examine
from kdgraph.show import graph_text, plan
from kdgraph.show.grid import grid


def shown(recipe: str, width: int = 80) -> str:
    return graph_text.text(examine(recipe).analysis, width=width)


def test_the_graph_is_shown_as_built_and_after_the_passes():
    before, after = shown("kd").split("after the passes")

    assert before.startswith("built: 16 nodes, each with its line of kd.kd\n\n%0 = input(name=x)")
    assert " kl(" in before
    assert " kl_log(" not in before
    assert " kl_log(" in after
    assert "term kd = " in after


def test_types_stand_in_one_column_and_lines_in_another():
    rows = [row for row in shown("kd").split("\n\n")[1].split("\n") if row.startswith("%")]

    assert len({row.index(" : ") for row in rows}) == 1
    assert rows[4].split() == ["%4", "=", "cross_entropy(%2,", "%3)", ":", "Scalar", "sup", "5"]


def test_knobs_that_say_the_usual_are_left_out_and_others_are_not():
    text = shown("kd").split("after the passes")[0]

    assert "softmax(%10) " in text  # over=-1
    assert "kl(%11, %13) " in text  # reduce=rows
    assert "kl(%10, %12, reduce=none)" in shown("icd")


def test_what_is_wide_is_folded_in_its_column():
    assert (
        "%9 = run(%0, model=teacher, taps=[logits],      : Tensor[…]                    6\n"
        "  frozen=True, cut=True)\n"
    ) in shown("kd")
    assert "taps=[logits], frozen=True, cut=True)" in shown("kd", 120)


def test_lines_of_another_file_than_most_have_its_name():
    text = shown("icd-alone")

    assert text.startswith("built: 41 nodes, each with its line of icd.kd\n")
    assert "const(value=0)              : Scalar                         icd-alone.kd:5\n" in text


@pytest.mark.parametrize("path", files.recipes(), ids=lambda path: path.stem)
def test_no_line_of_a_shipped_recipe_is_wider_than_a_terminal(path):
    analysis = examine(str(path)).analysis
    for stage, _ in analysis.stages:
        for text in (graph_text.text(analysis, stage.name), plan.text(analysis, stage.name)):
            assert max(map(cell_len, text.split("\n"))) <= 80


def test_the_first_columns_of_a_grid_give_way_first():
    rows = [("one two three four", "and some more", "x")]

    assert grid(rows, (8, 8, 1), 40) == "one two three four  and some more  x"
    assert grid(rows, (8, 8, 1), 28) == ("one two     and some more  x\n  three\n  four")


def test_a_word_that_no_column_holds_is_cut_into_pieces():
    assert grid([("abcdefghijkl", "x")], (6, 1), 9) == "abcd    x\n  efgh\n  ijkl"
