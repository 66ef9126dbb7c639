"""The small pieces that text views are put together from."""

from __future__ import annotations

import pytest

from kdgraph.graph.example import example
from kdgraph.graph.graph import Axis, Node, Op
from kdgraph.graph.vocabulary import library
from kdgraph.lang.parse import expression
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source
from kdgraph.registry import REGISTRY
from kdgraph.show.as_written import as_written
from kdgraph.show.columns import columns
from kdgraph.show.comment import comment_of, summary_of
from kdgraph.show.docstring import docstring
from kdgraph.show.memory_text import bytes_text
from kdgraph.show.reflow import reflow
from kdgraph.show.shape import shape
from kdgraph.show.words import words


@pytest.mark.parametrize(
    "loss",
    [
        "mean(softmax(student.logits/4))",
        "mean((student.logits + 1)·teacher.logits)",
        "mean(student.features @ teacher.featuresᵀ)",
        "mean(-student.logits^2)",
        "mse(student.logits, exp(student.logits - 1)/2)",
        "mean(min(exp(student.logits), 10))",
    ],
)
def test_a_value_is_told_as_the_expression_that_computes_it(loss):
    graph = example(loss)

    assert words(graph, graph.terms[0].value) == loss


def test_a_long_expression_is_cut():
    graph = example("mean(" + "exp(" * 30 + "student.logits" + ")" * 31)

    assert len(words(graph, graph.terms[0].value)) == 60


@pytest.mark.parametrize(
    "text",
    ["(a + b)·c", "T²·(a - (b + c))", "Σ(t in teachers) kd(t.logits ‖ s)", "a·(b)", "v[(1)]"],
)
def test_an_expression_is_told_with_all_its_brackets(text):
    assert as_written(expression(text)) == text


def test_line_breaks_of_an_expression_are_not_told():
    assert as_written(expression("a\n  + (b\n  + c)")) == "a + (b + c)"


def test_axes_that_are_not_known_have_the_letters_people_use():
    rows = Axis(rows="b")

    assert shape(Node(Op("tap"), "Map", (rows, Axis(), Axis(8), Axis(8)))) == "b×c×8×8"
    assert shape(Node(Op("tap"), "Tensor", (rows, Axis()))) == "b×?"
    assert shape(Node(Op("tap"), "Logits", (Axis(rows="3b"), Axis(10)))) == "3b×10"
    assert shape(Node(Op("mean"), "Scalar", ())) == ""


def test_a_name_that_is_too_long_has_a_line_of_its_own():
    text = columns([("a", "short"), ("a name of more than two dozen letters", "long")])

    assert text.split("\n") == [
        "  a  short",
        "  a name of more than two dozen letters",
        "     long",
    ]


def test_examples_are_not_filled():
    assert reflow("one\ntwo\n\n    a:\n      b\n\nthree") == "one two\n\n    a:\n      b\n\nthree"


def test_a_docstring_comes_apart():
    made = docstring(REGISTRY.get("kl").doc)

    assert made.summary.startswith("Kullback-Leibler divergence")
    assert made.entries("args")["guess"] == "$q$."
    assert set(made.sections) == {"args", "shapes", "units", "errors", "source"}


def test_a_function_without_a_comment_of_its_own_is_told_by_its_definition():
    text = "define:\n  # Twice.\n  f(a): 2·a\n  g(a): 3·a\n"
    made = read_recipe(Source("two.kd", "loss: f(1)\n" + text)).define

    assert summary_of(made["f"]) == "Twice"
    assert summary_of(made["g"]) == "= 3·a"
    assert comment_of(made["g"]) == comment_of(made["f"])


def test_every_function_of_the_library_is_told_by_a_comment_of_its_own():
    told = {name: summary_of(one) for name, one in library().items()}

    assert [name for name, summary in told.items() if summary.startswith("= ")] == []
    assert len(set(told.values())) == len(told)
    assert told["pearson"].startswith("Pearson's correlation")


def test_bytes_have_a_unit():
    assert bytes_text(999) == "999 bytes"
    assert bytes_text(1_281_167 * 128 * 4) == "656 MB"
