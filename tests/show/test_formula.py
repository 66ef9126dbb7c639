"""Formulas of docstrings read as text on a terminal."""

from __future__ import annotations

import pytest

from kdgraph.registry import REGISTRY
from kdgraph.show.formula import formulas, inline, plain

WORDS = [one.name for one in REGISTRY]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (
            r"\mathrm{KL}(p \,\|\, q) = \sum_k p_k \log \frac{p_k}{q_k}",
            "KL(p ‖ q) = Σₖ pₖ log(pₖ/qₖ)",
        ),
        (r"\frac{1}{n} \sum_{i=1}^{n} (g_i - t_i)^2", "1/n Σᵢ₌₁ⁿ (gᵢ − tᵢ)²"),
        (r"\sigma(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}", "σ(z)ₖ = e^(zₖ)/(Σⱼ e^(zⱼ))"),
        (r"v W^\top + b", "v Wᵀ + b"),
        (r"\lVert v \rVert_2 = \sqrt{\textstyle\sum_i v_i^2}", "‖v‖₂ = √(Σᵢ vᵢ²)"),
        (r"\operatorname*{arg\,max}_k v_k", "arg maxₖ vₖ"),
        (r"R(v) = v, \qquad \frac{\partial R}{\partial v} = -\lambda", "R(v) = v,  ∂R/∂v = −λ"),
        (r"\tau^2 \cdot 10^{-12}", "τ² · 10⁻¹²"),
        (
            r"\begin{cases} e^2 / 2\beta & |e| < \beta \\ 0 & \text{else} \end{cases}",
            "{ e² / 2β if |e| < β; 0 else }",
        ),
        (r"F_{bchw} \to F_{b}", "F_bchw → F_b"),
    ],
)
def test_a_formula_reads_as_text(latex, text):
    assert plain(latex) == text


@pytest.mark.parametrize("word", WORDS)
def test_no_latex_is_left_in_the_formula_of_a_word(word):
    doc = REGISTRY.get(word).doc
    found = formulas(doc)

    assert found
    for text in [*found, inline(REGISTRY.get(word).summary)]:
        assert "\\" not in text
        assert text.count("(") == text.count(")")
        assert "  " not in text.replace(",  ", ", ").replace("  or,", " or,")
