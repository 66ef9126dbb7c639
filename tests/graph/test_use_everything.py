"""`use` brings all that a recipe needs, under its name: views, modules, functions, constants."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.compiler import Analysis, analyse
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.find import load_text
from kdgraph.lang.override import adapted, overridden
from kdgraph.lang.print_recipe import recipe_text
from kdgraph.lang.read import read_all, read_recipe
from kdgraph.lang.source import Source
from tests.golden.networks import world

BASE = """
loss: cross_entropy(student.logits, y) + 2·base(student.features, student(turned).features)
views:
  turned: rotate(image, 90·K)
modules:
  head: mlp(width, wide)
where: {K: 2, wide: 8·K}
define:
  base(a, b): K·mse(head(a), head(b))
  half(v): v/K
"""
SUP = "cross_entropy(student.logits, y)"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.kd").write_text(BASE)
    (tmp_path / "middle.kd").write_text("use: [base]\nloss: middle\nwhere: {middle: 3·base}\n")
    return tmp_path


def analysed(text: str, **values: object) -> Analysis:
    Path("mine.kd").write_text(text)
    recipe = overridden(read_recipe(load_text("mine.kd")), values)
    return analyse(recipe, world())


def graph(text: str, **values: object) -> LossGraph:
    analysis = analysed(text, **values)
    assert not analysis.mistakes, [str(one) for one in analysis.mistakes]
    return analysis.built().graph


def knob(found: LossGraph, op: str, name: str) -> list[object]:
    return [found.node(one).op.knob(name) for one in found.find(op)]


def test_the_term_of_its_own_name_may_be_a_call_in_its_loss():
    analysis = analysed(f"use: [base]\nloss: {SUP} + base\n")

    assert not analysis.mistakes
    assert list(analysis.built().parts) == ["base.head"]
    assert list(analysis.views.views) == ["x", "base.turned"]
    assert knob(analysis.built().graph, "mlp", "widths") == [(64, 16), (64, 16)]


def test_constants_of_a_recipe_in_use_can_be_set_from_outside():
    text = f"use: [base]\nloss: {SUP} + base\n"
    for found in (
        graph(text, **{"base.K": 3}),
        graph(f"{text}where: {{base.K: n + 1, n: 2}}\n"),
    ):
        assert knob(found, "mlp", "widths") == [(64, 24), (64, 24)]


def test_a_recipe_in_use_may_use_another():
    analysis = analysed(f"use: [middle]\nloss: {SUP} + middle\n", **{"middle.base.K": 1})

    assert not analysis.mistakes
    assert list(analysis.built().parts) == ["middle.base.head"]
    assert knob(analysis.built().graph, "mlp", "widths") == [(64, 8), (64, 8)]


def test_what_it_writes_back_reads_to_the_same_graph():
    text = f"use: [middle]\nloss: {SUP} + middle + middle.base.half(middle)\n"
    recipe = overridden(read_recipe(load_text(_written(text))), {"middle.base.K": 5})
    again = read_recipe(Source("mine.kd", recipe_text(recipe)))

    assert str(analyse(again, world()).built().graph) == str(analyse(recipe, world()).built().graph)


def _written(text: str) -> str:
    Path("mine.kd").write_text(text)
    return "mine.kd"


def test_functions_and_modules_of_a_recipe_in_use_follow_the_dot():
    found = graph(f"use: [base]\nloss: {SUP} + base.half(mean(base.head(student.features)))\n")

    assert knob(found, "mlp", "name") == ["base.head"]
    assert len(found.find("div") and list(found.find("div"))) == 1


def test_what_is_not_needed_is_not_built():
    found = graph(f"use: [base]\nloss: {SUP} + base.K·mean(student.features)\n")

    assert not list(found.find("mlp"))
    assert "base.turned" not in knob(found, "input", "name")


def test_adaptations_of_a_recipe_in_use_hold_unless_said_otherwise(folder):
    (folder / "base.kd").write_text(f"{BASE}adapt: {{digits: {{K: 4}}}}\n")
    text = f"use: [base]\nloss: {SUP} + base\n"
    plain, said = (adapted(read_recipe(load_text(_written(text + more))), "digits") for more in (
        "", "where: {base.K: 1}\n",
    ))  # fmt: skip

    assert knob(analyse(plain, world()).built().graph, "mlp", "widths") == [(64, 32), (64, 32)]
    assert knob(analyse(said, world()).built().graph, "mlp", "widths") == [(64, 8), (64, 8)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"use: [base]\nloss: {SUP} + base\nwhere: {{base: 1}}\n", "KD320", "`use`"),
        (f"use: [base]\nloss: {SUP} + base\nwhere: {{base.k: 1}}\n", "KD301", "base.K"),
        (f"use: [base]\nloss: {SUP} + base\nwhere: {{other.K: 1}}\n", "KD301", "`use`"),
    ],
)
def test_names_that_clash_or_are_none_are_refused(text, code, words):
    mistakes = read_all(load_text(_written(text))).mistakes

    assert [one.code for one in mistakes] == [code]
    assert words in str(mistakes[0])


def test_another_default_view_is_refused_and_can_be_taken_over(folder):
    (folder / "base.kd").write_text(
        "loss: base\nviews: {x: 'crop(image, pad=2)'}\nwhere: {base: mean(student.logits)}\n"
    )
    alone = analysed(f"use: [base]\nloss: {SUP} + base\n")
    taken = graph(f"use: [base]\nviews: {{x: base.x}}\nloss: {SUP} + base\n")

    assert [one.code for one in alone.mistakes] == ["KD326"]
    assert "x: base.x" in str(alone.mistakes[0])
    assert knob(taken, "tap", "path") == ["logits"]


def test_another_way_through_the_models_is_refused(folder):
    (folder / "base.kd").write_text("forward: separate\n" + BASE.lstrip())
    analysis = analysed(f"use: [base]\nloss: {SUP} + base\n")

    assert [one.code for one in analysis.mistakes] == ["KD326"]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(9, 4)
        self.aliases = {"logits": "", "features": "fc.input"}

    def forward(self, x):
        return self.fc(x.flatten(1))


def test_its_numbers_are_those_of_the_recipe_written_out():
    _written(f"use: [base]\nloss: {SUP} + base\n")
    torch.manual_seed(0)
    x, student = torch.rand(5, 1, 3, 3), Net()
    step = kdgraph.compile("mine.kd", models={"student": student}, sample=x)
    other = torch.rot90(x, 2, (2, 3))
    out = step({"x": x, "base.turned": other}, torch.arange(5) % 4)
    head = step.parts.base.head

    wanted = 2 * (head(x.flatten(1)) - head(other.flatten(1))).square().mean()
    torch.testing.assert_close(out.terms["base"], wanted)
