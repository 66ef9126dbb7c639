"""Hostile texts: depth, length and size are bounded, and said so after little work."""

from __future__ import annotations

import pytest
import yaml

from kdgraph.compiler import analyse
from kdgraph.lang.diagnostics import RecipeError, render
from kdgraph.lang.errors.graph import NothingTrained, TooLarge
from kdgraph.lang.errors.names import UnknownName
from kdgraph.lang.errors.text import AliasRefused, NotYaml, TooDeep, TooLong, WrongShape
from kdgraph.lang.read import read_all
from kdgraph.lang.source import Source
from tests.bounded import bounded
from tests.golden.networks import world

MOST_CALLS = 3_000_000
"""calls of Python functions; the costliest text takes 1.1 million"""


def said(text: str, most: int = MOST_CALLS) -> list[object]:
    """The kinds of mistakes of a text, rendered too, after little work."""
    with bounded(most):
        try:
            reading = read_all(Source("bomb.kd", text))
            found = list(reading.mistakes)
            if reading.is_whole:
                found += analyse(reading.recipe, world()).mistakes
        except RecipeError as error:
            found = list(error.diagnostics)
        for one in found[:100]:
            assert len(render(one)) < 2_000
    return [type(one) for one in found]


def test_the_bound_can_be_passed():
    with pytest.raises(AssertionError, match="more than 1000 calls"):
        said("loss: " + " + ".join(["mean(student.logits)"] * 100), most=1_000)


def calling(rounds: int, deep: int, argument: str = "a", *, lists: bool = False) -> str:
    """Functions that call one another `rounds` times, `deep` levels deep."""
    lines = ["loss: Σ(v in [f0(mean(student.logits))]) v", "define:"]
    for level in range(deep):
        calls = [f"f{level + 1}({argument.format(place)})" for place in range(rounds)]
        body = f"'[{', '.join(calls)}]'" if lists else " + ".join(calls)
        lines.append(f"  f{level}(a): {body}")
    return "\n".join([*lines, f"  f{deep}(a): a"])


@pytest.mark.parametrize(
    ("text", "kind"),
    {
        "open brackets": ("loss: " + "(" * 5_000, TooDeep),
        "closed brackets": ("loss: " + "(" * 101 + "1" + ")" * 101, TooDeep),
        "calls in calls": ("loss: " + "mean(1 + " * 99 + "x" + ")" * 99, TooDeep),
        "signs in a row": ("loss: " + "-" * 3_000 + "1", TooDeep),
        "a long sum": ("loss: " + "+".join(["a"] * 3_000), UnknownName),
        "a long sum of numbers": ("loss: " + "+".join(["1"] * 4_999), TooLarge),
        "a long product": ("loss: " + "·".join(["mean(y)"] * 1_000), NothingTrained),
        "a long path": ("loss: student" + ".a" * 3_000, TooDeep),
        "a tower of powers": ("loss: 9" + "^9" * 90, TooLarge),
        "a very long line": ("loss: " + "a" * 100_000, TooLong),
        "a very long sum": ("loss: " + "a + " * 25_000 + "a", TooLong),
        "a very long title": ("loss: 1\ntitle: " + "a" * 1_000_000, TooLong),
        "digits": ("loss: " + "9" * 5_000, TooLarge),
        "an exponent": ("loss: 1e400", TooLarge),
        "Σ in Σ": (
            "loss: " + "Σ(t in L) " * 10 + "1\nwhere: {L: '[" + ",".join("1" * 10) + "]'}",
            TooLarge,
        ),
        "Σ over many": (
            "loss: Σ(a in L) Σ(b in L) Σ(c in L) mean(student.logits)\n"
            "where: {L: '[" + ",".join("1" * 500) + "]'}",
            TooLarge,
        ),
        "functions ten times ten deep": (calling(10, 10), TooLarge),
        "functions with new arguments": (calling(10, 10, "a+{}"), TooLarge),
        "lists of lists": (calling(10, 10, lists=True), TooLarge),
        "names a thousand deep": (
            "loss: f0\nwhere:\n"
            + "".join(f"  f{n}: f{n + 1} + 1\n" for n in range(1_000))
            + "  f1000: mean(student.logits)\n",
            TooDeep,
        ),
        "flow collections in YAML": ("loss: " + "[" * 10_000, TooDeep),
        "mappings in YAML": ("".join(" " * n + "a:\n" for n in range(200)), TooDeep),
        "billion laughs": (
            'a: &a ["lol", "lol"]\nb: &b [*a, *a]\nc: &c [*b, *b]\nloss: *c',
            AliasRefused,
        ),
        "flow lists and mappings in turn": ("loss: " + "[{" * 5_000, TooDeep),
        "lists in lists": ("loss:\n  " + "- " * 5_000 + "1", TooDeep),
        "keys in keys": ("? " * 5_000 + "loss", TooDeep),
        "mappings a thousand deep": ("".join(" " * n + "a:\n" for n in range(600)), TooDeep),
        "a version of many digits": ("%YAML 1." + "1" * 9_000 + "\n---\nloss: 1", NotYaml),
        "an escape past Unicode": (r'loss: "\UFFFFFFFF"', NotYaml),
        "nothing": ("", NotYaml),
        "comments only": ("#" * 100_000, NotYaml),
    }.values(),
    ids=lambda value: "" if isinstance(value, type) else value[:12],
)
def test_a_bomb_is_a_diagnostic(text, kind):
    assert kind in said(text)


@pytest.mark.parametrize("loader", ["SafeLoader", "CSafeLoader"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("loss: " + "[" * 3_000, TooDeep),
        ("loss: " + "[" * 19 + "1" + "]" * 19, WrongShape),
        ("loss: " + "[" * 20 + "1" + "]" * 20, TooDeep),
        ("%YAML 1." + "1" * 9_000 + "\n---\nloss: 1", NotYaml),
        (r'loss: "\UFFFFFFFF"', NotYaml),
    ],
)
def test_either_reader_of_pyyaml_ends_in_a_diagnostic(text, kind, loader, monkeypatch):
    monkeypatch.setattr("kdgraph.lang.yaml_tree.Loader", getattr(yaml, loader))

    assert said(text) == [kind]


def test_the_depth_that_pyyaml_refuses_itself_is_pointed_at():
    text = "loss: " + "[" * 10_000

    with pytest.raises(RecipeError) as refused:
        read_all(Source("bomb.kd", text))

    (one,) = refused.value.diagnostics
    assert isinstance(one, TooDeep)
    assert one.limit == 20
    assert one.span.text == "["


def test_names_that_double_sixty_times_are_one_node_each():
    lines = [f"  f{n}: f{n + 1} + f{n + 1}" for n in range(60)]
    text = "\n".join(["loss: f0", "where:", *lines, "  f60: mean(student.logits)"])

    assert said(text) == []


def test_a_hundred_summands_are_fine():
    assert said("loss: " + " + ".join(["mean(student.logits)"] * 100)) == []


def test_thousands_of_mistakes_are_all_found():
    lines = [f"  a{n}: q{n}.logits" for n in range(2_000)]

    assert len(said("\n".join(["loss: mean(student.logits)", "where:", *lines]))) == 2_000
