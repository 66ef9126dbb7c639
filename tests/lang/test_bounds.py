"""Hostile texts: depth, length and size are bounded, and said so after little work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from kdgraph.compiler import analyse
from kdgraph.examination import check
from kdgraph.lang.diagnostics import RecipeError, render
from kdgraph.lang.errors.graph import NothingTrained, TooLarge
from kdgraph.lang.errors.names import UnknownName
from kdgraph.lang.errors.text import (
    AliasRefused,
    NotYaml,
    TooDeep,
    TooLong,
    TooManyFiles,
    WrongShape,
)
from kdgraph.lang.find import load_text, source_of
from kdgraph.lang.read import read_all
from kdgraph.lang.setting import find_setting
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


@pytest.mark.parametrize("count", [100, 300, 900])
def test_a_sum_of_many_terms_is_fine(count):
    terms = [f"0.1·mean(student.logits[:, {place % 10}])" for place in range(count)]

    assert said("loss: " + " + ".join(terms), most=20_000_000) == []


def test_a_long_sum_of_where_is_fine():
    total = " - ".join(["mean(student.logits)"] * 300)

    assert said(f"loss: total\nwhere:\n  total: {total}", most=20_000_000) == []


@pytest.mark.parametrize("sign", [" + ", "·", " @ ", " - ", "/"])
def test_five_thousand_terms_are_fine_or_told(sign):
    told = said("loss: " + sign.join(["student.logits"] * 3_000), most=60_000_000)

    assert told
    assert TooDeep not in told


@pytest.mark.parametrize("sign", ["·", "/"])
def test_a_product_of_many_factors_is_fine(sign):
    assert [one.code for one in check(f"loss: {sign.join(['mean(student.logits)'] * 400)}")] == []


@pytest.mark.parametrize("last", ["loss: {}·mean(student.logits)", "metrics: {{m: {}}}"])
def test_names_that_need_one_another_too_deep_down_are_told(last):
    names = "".join(f"  a{i + 1}: a{i} + 1\n" for i in range(400))
    loss = "" if last.startswith("loss") else "loss: mean(student.logits)\n"
    text = f"{loss}where:\n  a0: 1\n{names}{last.format('a400')}\n"

    assert {one.code for one in check(text) if one.severity == "error"} == {TooDeep.code}


def test_a_message_shortens_what_it_quotes():
    text = "loss: " + " · ".join(["mean(y)"] * 1_000)
    found = analyse(read_all(Source("long.kd", text)).recipe, world()).mistakes

    assert found[0].code == "KD403"
    assert all(len(render(one)) < 1_000 for one in found)


def test_forty_lines_of_views_that_double_are_told_at_once():
    lines = [f"  v{n}: stack(v{n - 1}, v{n - 1})" for n in range(1, 41)]
    text = "\n".join(["loss: mean(student(v40).logits)", "views:", "  v0: grey(image)", *lines])

    assert said(text) == [TooLarge]


def test_forty_lines_of_views_that_mix_are_fine():
    lines = [f"  v{n}: mixup(v{n - 1}, v{n - 1})" for n in range(1, 41)]
    text = "\n".join(["loss: mean(student(v40).logits)", "views:", "  v0: grey(image)", *lines])

    assert said(text) == []


def test_thirty_turns_in_one_another_are_told_at_once():
    view = "image"
    for _ in range(30):
        view = f"rotate({view}, 0, 90)"

    assert said(f"loss: mean(student(v).logits)\nviews:\n  v: {view}") == [TooLarge]


def test_recipes_that_use_five_each_ten_levels_deep_are_too_many(tmp_path):
    for level in range(9):
        names = ", ".join(f"f{level + 1}_{place}.kd" for place in range(5))
        use = f"use: [{names}]\n" if level < 8 else ""
        for place in range(5):
            path = tmp_path / f"f{level}_{place}.kd"
            path.write_text(f"loss: mean(student.logits)\n{use}", encoding="utf-8")
    first = tmp_path / "f0_0.kd"

    with bounded(20_000_000):
        reading = read_all(load_text(first))

    assert [type(one) for one in reading.mistakes] == [TooManyFiles]


def test_a_long_file_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "long.kd"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing

    with pytest.raises(RecipeError) as caught:
        load_text(path)

    assert [type(one) for one in caught.value.diagnostics] == [TooLong]


@pytest.mark.parametrize("made", ["/dev/zero", "pipe", "folder"])
@pytest.mark.parametrize("find", [source_of, find_setting, load_text])
def test_what_is_no_file_is_told_and_not_waited_for(made, find, tmp_path):
    path = tmp_path / made if made[0] != "/" else Path(made)
    if made == "pipe":
        os.mkfifo(path)
    elif made == "folder":
        path.mkdir()

    with pytest.raises(RecipeError, match=r"KD116.*it is a (device|pipe|folder)"):
        find(str(path))


def test_thousands_of_mistakes_are_all_found():
    lines = [f"  a{n}: q{n}.logits" for n in range(2_000)]

    assert len(said("\n".join(["loss: mean(student.logits)", "where:", *lines]))) == 2_000
