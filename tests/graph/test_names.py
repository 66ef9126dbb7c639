"""What a name stands for: order, shadowing, functions, recipes in use, names of parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import kdgraph
from kdgraph.compiler import Analysis, analyse
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.find import load_text
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source
from kdgraph.registry import REGISTRY
from tests.golden.networks import network, world
from tests.graph.stand_ins import edge, word


def analysed(text: str, *networks, given: tuple[str, ...] = ()) -> Analysis:
    recipe = read_recipe(Source("mine.kd", text))
    known = replace(world(*networks, chain=recipe.chain), given=frozenset(given))
    return analyse(recipe, known)


def graph(text: str, *networks, given: tuple[str, ...] = ()) -> LossGraph:
    analysis = analysed(text, *networks, given=given)
    assert not analysis.errors, [str(one) for one in analysis.errors]
    return analysis.built().graph


def ops(graph: LossGraph) -> list[str]:
    return [graph.node(one).op.name for one in graph.order()]


def shape(graph: LossGraph, number: int) -> tuple[object, ...]:
    """A node with all that is below it, numbers aside."""
    return str(graph.node(number).op), *(shape(graph, one) for one in graph.sources(number))


def same(one: str, two: str) -> bool:
    """Whether two recipes of one term are one graph."""
    left, right = graph(one), graph(two)
    return shape(left, left.terms[0].value) == shape(right, right.terms[0].value)


def test_names_stand_in_any_order_and_are_built_once():
    made = graph("loss: a + b\nwhere:\n  b: mean(c)\n  a: mean(2·c)\n  c: exp(student.logits)\n")

    assert ops(made).count("exp") == 1


def test_a_name_and_its_value_are_one():
    assert same("loss: v\nwhere: {v: mean(student.logits)}", "loss: mean(student.logits)")


def test_a_function_is_its_body_with_the_arguments_in_it():
    text = "loss: v\nwhere: {v: 'f(student.logits, 3)'}\ndefine:\n  f(a, b=2): mean(a)·b/2\n"

    assert same(text, "loss: v\nwhere: {v: mean(student.logits)·3/2}")


def test_defaults_and_keywords_fill_parameters_by_name():
    define = "\ndefine:\n  f(a, b=2, c=5): mean(a)·b - c\n"

    assert same(
        "loss: v\nwhere: {v: 'f(student.logits, 2, 7)'}" + define,
        "loss: v\nwhere: {v: 'f(c=7, a=student.logits)'}" + define,
    )


def test_a_parameter_hides_a_name_of_the_recipe_inside_the_function_only():
    made = graph(
        "loss: f(mean(student.logits)) + s·mean(student.features)\n"
        "where: {s: 3}\ndefine:\n  f(s): s\n"
    )

    assert [term.factor for term in made.terms] == ["", "s"]


def test_inner_names_of_a_function_may_need_its_parameters_and_the_recipe():
    made = graph(
        "loss: f(student.logits)\nwhere: {K: 4}\n"
        "define:\n  f(v):\n    value: mean(u)\n    where: {u: w·K, w: v/2}\n"
    )

    assert ops(made) == ["input", "tap", "const", "div", "const", "mul", "mean", "const"]


def test_a_recipe_may_have_a_function_with_the_name_of_a_library_function():
    made = graph(
        "loss: kd(teacher.logits, student.logits) + dist(teacher.logits, student.logits)\n"
        "define:\n  kd(t, s): mse(s, t)\n"
    )

    assert ops(made).count("mse") == 1


def test_a_value_and_a_function_of_one_name_do_not_clash():
    made = graph("loss: 0.9·kd\nwhere: {kd: 'kd(teacher.logits ‖ student.logits, T=4)'}\n")

    assert [term.name for term in made.terms] == ["kd"]


def test_functions_pass_words_and_collections_on():
    made = graph(
        "loss: f(student.maps, none)\n"
        "define:\n"
        "  f(things, how): Σ(m in things) mean(g(m, how))\n"
        "  g(m, how): kl(softmax(m) ‖ softmax(m), reduce=how)\n"
    )

    assert [made.node(one).op.knob("reduce") for one in made.find("kl")] == ["none"] * 3


def test_parts_are_called_by_the_names_on_the_way_to_them():
    built = analysed(
        "loss: a + b + mean(linear(student.features, 3))\n"
        "where:\n"
        "  a: mean(linear(student.features, 2)) + mean(linear(student.features, 2))\n"
        "  b: f(student.features)·θ\n"
        "  θ: learn(1)\n"
        "define:\n  f(v): {value: mean(bn(w)), where: {w: 'linear(v, 4)'}}\n"
    ).built()

    assert sorted(built.parts) == [
        "a.linear", "a.linear_2", "b.f.bn", "b.f.w", "mean_7bb3a4.linear", "θ",
    ]  # fmt: skip


def test_another_term_before_it_renames_no_part():
    text = (
        "loss: {}b\nwhere:\n  a: mean(linear(student.features, 2))\n"
        "  b: mean(s)\n  s: linear(student.features, 3)\n"
    )
    few, many = (analysed(text.format(more)).built().parts for more in ("", "a + "))

    assert set(few) < set(many)


def test_a_module_of_the_modules_section_is_one_however_often_it_is_applied():
    built = analysed(
        "loss: mean(head(student.features)) + mean(head(teacher.features))\n"
        "modules: {head: 'mlp(width, 10)'}\n"
    ).built()
    widths = {built.graph.node(one).op.knob("widths") for one in built.graph.find("mlp")}

    assert list(built.parts) == ["head"]
    assert widths == {(64, 10)}


def test_each_round_of_a_sum_has_modules_of_its_own():
    built = analysed(
        "loss: at\nwhere:\n"
        "  at: Σ((t, s) in zip(teacher.maps, student.maps)) mse(conv(s, channels(t)), t)\n"
    ).built()

    assert list(built.parts) == ["at.0.conv", "at.1.conv", "at.2.conv"]


def test_a_given_name_is_an_input_and_what_it_hides_is_not_built():
    made = graph("loss: mean(s)\nwhere: {s: 'linear(student.features, 8)'}\n", given=("s",))

    assert ops(made) == ["given", "mean", "const"]


def test_sums_and_means_over_teachers():
    teachers = [network("one"), network("two"), network("student")]
    summed = graph("loss: Σ(t in teachers) kd(t.logits ‖ student.logits)/2", *teachers)
    mean = graph("loss: mean(kd(t.logits ‖ student.logits) for t in teachers)", *teachers)

    assert ops(summed).count("kl") == ops(mean).count("kl") == 2
    assert ops(mean)[-2] == "div"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.kd").write_text(
        "loss: sup + λ·base\nmodules: {head: mlp(16)}\n"
        "define:\n  twice(v): 2·half(v)·K\n  half(v): v/2\n"
        "where:\n  sup: cross_entropy(student.logits, y)\n"
        "  base: twice(mean(s)) + mean(head(student.features))\n"
        "  s: normalize(linear(student.features, 8))\n  K: 3\n  λ: 0.5\n"
    )
    return tmp_path


def borrowing(folder: Path, text: str) -> Analysis:
    (folder / "mine.kd").write_text(f"use: [base]\n{text}")
    return analyse(read_recipe(load_text("mine.kd")), world())


def test_a_recipe_in_use_lends_its_term_its_names_its_functions_and_its_modules(folder):
    analysis = borrowing(folder, "loss: mean(student.logits) + base + base.lambda·mean(base.s)")

    assert not analysis.mistakes
    assert [term.name for term in analysis.built().graph.terms] == [
        "mean(student.logits)", "base", "mean(base.s)",
    ]  # fmt: skip
    assert sorted(analysis.built().parts) == ["base.head", "base.s.linear"]


def test_names_of_a_recipe_in_use_are_not_those_of_the_recipe(folder):
    analysis = borrowing(folder, "loss: sup + base")

    assert [str(one.code) for one in analysis.errors] == ["KD301"]


def test_the_function_of_a_recipe_in_use_is_called_by_its_name(folder):
    (folder / "base.kd").write_text(
        "loss: 1\nwhere: {K: 3}\ndefine:\n  base(v): K·half(v)\n  half(v): v/2\n"
    )
    made = borrowing(folder, "loss: base(mean(student.logits))").built().graph

    assert ops(made).count("div") == 1


@pytest.mark.parametrize("knob", ["alpha", "α"])
def test_a_knob_of_python_is_found_by_its_greek_letter_and_by_its_english_word(knob):
    text = f"views: {{x: 'mixup(image, flip(image), {knob}=2)'}}\nloss: mean(student.logits)\n"

    assert kdgraph.check(text) == ()


SUP = "where: {sup: 'cross_entropy(student.logits, y)'}\n"


@pytest.mark.parametrize("name", ["part", "rows", "zip", "count", "learn", "kd", "softmax", "mean"])
def test_a_function_of_ones_own_goes_before_the_word_of_that_name(name):
    own = f"define:\n  {name}(a, b): b·norm(norm(a), over=-1)\n"
    text = f"loss: sup + {name}(student.logits, 3)\n{SUP}{own}"
    found = analyse(read_recipe(Source("own.kd", text)), world())

    assert found.mistakes == ()
    assert "norm(" in str(found.built().graph)


@pytest.mark.parametrize("name", ["part", "rows", "kd", "softmax"])
def test_a_module_of_ones_own_goes_before_the_word_of_that_name(name):
    text = f"loss: sup + mean({name}(student.features))\n{SUP}modules: {{{name}: linear(7)}}\n"
    found = analyse(read_recipe(Source("own.kd", text)), world())

    assert found.mistakes == ()
    assert f", name={name}, width=7" in str(found.built().graph)


@pytest.mark.parametrize("name", ["kd", "part"])
def test_a_word_of_a_plugin_that_no_recipe_could_reach_is_told(name, monkeypatch):
    hidden = word(name, "Scalar", edge("v"))
    monkeypatch.setitem(REGISTRY._added, name, hidden)
    found = analyse(read_recipe(Source("own.kd", f"loss: sup\n{SUP}")), world())

    assert [one.code for one in found.mistakes] == ["KD350"]
    assert f"`{name}` of `tests:{name}` is hidden" in str(found.mistakes[0])
