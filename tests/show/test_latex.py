"""The loss as an equation in LaTeX."""

from __future__ import annotations

import re

import pytest

from kdgraph import files
from kdgraph.compiler import load
from kdgraph.graph.vocabulary import library
from kdgraph.lang.parse import expression
from kdgraph.lang.read import read_all, read_recipe
from kdgraph.lang.source import Source
from kdgraph.show import latex
from kdgraph.show.latex_expression import latex as expression_latex

KNOWN = {
    "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "sigma", "tau", "pi",
    "mathcal", "mathrm", "operatorname", "text", "frac", "sqrt", "sum", "exp", "log", "cos", "min",
    "max", "tanh", "top", "bigl", "bigr", "lvert", "rvert", "lVert", "rVert", "cdot", "quad",
    "begin", "end", "in", "le", "ge", "neq", "tilde", "hat", "bar",
}  # fmt: skip

KD = r"""% Distilling the knowledge in a neural network, arXiv:1503.02531
\begin{align*}
  \mathcal{L} &= \gamma\,\mathrm{sup} + \alpha\,\mathrm{kd} \\
  \mathrm{sup} &= \mathrm{CE}(z^{\mathrm{student}}, y) \\
  \mathrm{kd} &= T^{2}\,\mathrm{KL}\bigl("""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sup + λ·kd", r"\mathrm{sup} + \lambda\,\mathrm{kd}"),
        ("2·3·x", r"2 \cdot 3\,x"),
        ("(a + b)/2", r"\frac{a + b}{2}"),
        ("(a + b)²·c", r"(a + b)^{2}\,c"),
        ("a - (b - c)", "a - (b - c)"),
        ("-(a + b)", "-(a + b)"),
        ("s @ tᵀ", r"s\,t^{\top}"),
        (
            "teacher.blocks[5][:, 1:]",
            r"\mathrm{blocks[5]}^{\mathrm{teacher}}_{[:, 1:]}",
        ),
        ("kl_inv", r"\mathrm{kl}_{\mathrm{inv}}"),
        ("M_s[:, J]", "{M_{s}}_{[:, J]}"),
        ("student.logits²", r"(z^{\mathrm{student}})^{2}"),
        ("teacher.featuresᵀ", r"(f^{\mathrm{teacher}})^{\top}"),
        ("abs(a)", r"\lvert a \rvert"),
        ("normalize(v)", r"\frac{v}{\lVert v \rVert}"),
        ("student.maps[1]", r"F_{1}^{\mathrm{student}}"),
        ("teacher.layer3.bn1", r"\mathrm{layer3.bn1}^{\mathrm{teacher}}"),
        ("teacher(rot).logits", r"z^{\mathrm{teacher}}(\mathrm{rot})"),
        ("Σ(t in ts) f(t.logits, z)", r"\sum_{t \in \mathrm{ts}} \operatorname{f}(z^{t}, z)"),
        ("linear(v, 128)", r"\operatorname{linear}_{128}(v)"),
        ("kd(a ‖ b, T=4)", r"\operatorname{kd}_{T=4}(a \,\|\, b)"),
        ("concat(1, g, over=-1)", r"\operatorname{concat}_{\mathrm{over}=-1}(1, g)"),
        ("gate(p, n - 1)", r"\operatorname{gate}(p, n - 1)"),
        ("a > 1e-7", "a > 10^{-7}"),
        ("2.5e3·a", r"2.5 \cdot 10^{3}\,a"),
        ("3.141592653589793", r"\pi"),
        ("p'·p̃", r"p'\,\tilde{p}"),
    ],
)  # fmt: skip
def test_an_expression_as_latex(text, expected):
    assert expression_latex(expression(text)) == expected


def test_the_equation_of_kd():
    text = latex.text(load("kd"))

    assert text.startswith(KD)
    assert text.endswith("  \\gamma &= 0.1, \\quad \\alpha = 0.9, \\quad T = 4\n\\end{align*}\n")


def test_functions_of_the_library_are_defined_under_the_equation():
    text = latex.text(load("icd"))

    assert r"\operatorname{kd}(t, s) &= \operatorname{mean}_{\mathrm{rows}}\bigl(T^{2}" in text
    assert r"\theta &= \text{learned, starts at } 1.0" in text


def test_a_name_inside_a_function_is_not_a_name_of_the_recipe():
    text = latex.text(load("loss: kd(teacher.logits, student.logits)\nwhere: {T: 7, p: 3}\n"))

    assert "7" not in text


@pytest.mark.parametrize("recipe", [path.stem for path in files.recipes()])
def test_what_a_recipe_becomes_is_balanced_and_uses_known_commands(recipe):
    sound(latex.text(load(recipe)))


@pytest.mark.parametrize("function", sorted(library()))
def test_what_a_function_becomes_is_balanced_and_uses_known_commands(function):
    slots = ", ".join("student.logits" for one in library()[function].slots if one.default is None)

    sound(latex.text(load(f"loss: mean({function}({slots}))\n")))


def sound(text: str) -> None:
    assert text.count("{") == text.count("}")
    assert text.count(r"\bigl(") == text.count(r"\bigr)")
    assert set(re.findall(r"\\([A-Za-z]+)", text)) <= KNOWN
    assert text.isascii() or text.startswith("%")
    closed = text.replace(r"\_", "")
    while "{" in closed:
        closed = re.sub(r"\{[^{}]*\}", "#", closed)
        assert not re.search(r"\^#?\^|_#?_|\^#_#\^|_#\^#_", closed), "two scripts on one letter"


@pytest.mark.parametrize("field", ["title", "cite"])
@pytest.mark.parametrize("line", ["\\n", "\\r", "\\u2028", "\\x85"])
def test_a_line_break_in_a_title_ends_no_comment(field, line):
    words = f'"harmless{line}\\\\input{{secret}}"'
    recipe = read_recipe(Source("evil.kd", f"loss: a\nwhere: {{a: 1}}\n{field}: {words}\n"))

    assert all(one[0] == "%" for one in latex.text(recipe).splitlines() if "input" in one)
    assert "\n\\input" not in latex.text(recipe)


def test_a_line_break_in_the_name_of_a_stage_or_a_file_ends_no_comment():
    stages = '[{name: "a\\n\\\\input{x}", loss: b}, {name: c, loss: b}]'
    source = Source("evil\n\\input{y}.kd", f"loss: b\nwhere: {{b: 1}}\nstages: {stages}\n")
    told = latex.text(read_all(source).recipe)

    assert all(line.startswith("%") for line in told.splitlines() if "input" in line)
