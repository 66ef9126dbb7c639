"""Everything that has a name can be explained."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.cells import cell_len

from kdgraph import files
from kdgraph.graph.vocabulary import library
from kdgraph.lang.condense import KEYS
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.sections import SECTIONS
from kdgraph.lang.stages import STAGE_KEYS
from kdgraph.registry import REGISTRY
from kdgraph.show.explanation import names, text
from kdgraph.show.shipped import mistakes
from kdgraph.show.topics import topic, topics

KL = """\
kl(target, guess, reduce=rows, rows=none)
a function of tensors, gives Scalar

Kullback-Leibler divergence of the guess from the target, target first.

    KL(p ‖ q) = Σₖ pₖ log(pₖ/qₖ)

"""
KD = """\
kd(t, s, T=4, rows=none)
a function of the library, written in the language

T²·KL(σ(t/T) ‖ σ(s/T)), mean over rows, or over those of a mask; T a number, a
scalar or one for each row. Hinton, Vinyals, Dean. Distilling the Knowledge in a
Neural Network, 2015. arXiv:1503.02531

    kd(t, s, T=4, rows=none): mean(T²·kl(softmax(t/T) ‖ softmax(s/T),
        reduce=none), rows=rows)

requires T > 0

────────────────────────────────────────────────────────────────────────────────

kd: Distilling the knowledge in a neural network
a recipe, arXiv:1503.02531

loss
  total  γ·sup + α·kd
"""


def test_a_word_is_explained_from_its_docstring():
    explained = text("kl")

    assert explained.startswith(KL)
    assert "  guess   Distribution[... k]: q.\n" in explained
    assert "  reduce  `rows` or `elements` or `sum` or `none`, else rows: " in explained
    assert "  units   nats; 0 where both agree.\n" in explained
    assert "arXiv:1503.02531, section 2." in explained
    assert "  code    kdgraph.losses.divergence:kl\n" in explained


def test_a_function_and_a_recipe_of_one_name_are_both_explained():
    assert text("kd").startswith(KD)


def test_a_function_is_explained_with_its_innernames():
    assert text("symmetric_kl").endswith(
        "    symmetric_kl(t, s): mean(sum((p - q)·(log(p) - log(q)), over=-1))\n"
        "      where\n        p: softmax(t)\n        q: softmax(s)\n"
    )


def test_a_recipe_is_explained_with_what_it_extends():
    explained = text("icd-alone")

    assert "  total  sup + λ·kd + β·(contrast + α·kl_inv)\n" in explained
    assert "  λ         0\n" in explained
    assert "  S         min(exp(θ), 10)·(s @ tᵀ) + b\n" in explained
    assert "  softmax        Scores as probabilities\n" in explained


def test_a_recipe_of_ones_own_is_explained_by_its_file(tmp_path):
    mine = tmp_path / "mine.kd"
    mine.write_text("loss: a\nwhere: {a: mean(student.logits)}\n")

    assert "  total  a\n" in text(str(mine))


def test_a_mistake_is_explained_from_its_class():
    explained = text("kd201")

    assert explained.startswith("error[KD201]: the inputs of `…` differ in axis `…`\n\nTwo inputs")
    assert "    kd: kd(linear(teacher.logits, 100) ‖ student.logits)\n" in explained


def test_a_network_is_explained_with_its_taps():
    assert text("resnet20").startswith(
        "resnet20\na network: residual network of 20 layers, 16-16-32-64 channels, 278,324\n"
        "parameters for 100 classes\n\ntaps, for images of 3×32×32\n  logits     b×100\n"
    )


def test_a_data_set_is_explained_with_how_to_come_by_it():
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in text("cifar100")
    assert "Nothing to download." in text("digits")


def test_every_word_function_recipe_setting_and_mistake_is_explained():
    names = [one.name for one in REGISTRY]
    names += [*library(), *mistakes(), *(path.stem for path in files.recipes())]
    for name in [*names, *(path.stem for path in files.settings())]:
        assert len(text(name)) > len(name) + 20, name


@pytest.mark.parametrize("name", sorted(set(topics().values())))
def test_a_topic_fits_a_terminal_and_has_no_marks_left(name):
    explained = topic(name)

    assert max(map(cell_len, explained.split("\n"))) <= 80
    assert "also: " not in explained
    assert not explained.startswith("#")


def test_every_section_of_a_recipe_has_a_line_in_its_topic():
    explained = topic("recipe")

    assert [one for one in SECTIONS if one not in explained] == []


def test_every_key_of_condense_has_a_line_in_its_topic():
    assert [one for one in KEYS if f"\n    {one} " not in topic("condense")] == []


def test_every_key_of_a_stage_has_a_line_in_its_topic():
    assert [one for one in STAGE_KEYS if f"\n    {one} " not in topic("stages")] == []


def test_every_key_of_the_protocol_is_told_where_training_is_explained():
    for key in Protocol.model_fields:
        assert f"\n  {key} " in topic("train")


def test_what_a_topic_is_also_called_finds_it():
    assert text("optimizer") == topic("train")
    assert text("accuracy").endswith("More: `kdgraph explain metrics`\n")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(RecipeError, match=r"KD331.*\n.*did you mean `cross_entropy`"):
        text("cross_entrpy")
    with pytest.raises(RecipeError, match="`kdgraph list` names what there is"):
        text("???")


def test_explaining_imports_no_torch():
    code = "import sys; from kdgraph.show.explanation import names, text\n"
    code += "[text(one) for one in names()]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ("rkd_dist", "did you mean `rkd_distance`?"),
        ("attention maps", "did you mean `attention`?"),
        ("hinton", "did you mean `hint`? `kd`, "),
        ("softmx", "did you mean `softmax`?"),
    ],
)
def test_a_family_or_a_paper_leads_to_its_words(asked, advice):
    with pytest.raises(RecipeError) as caught:
        text(asked)

    assert caught.value.diagnostics[0].advice.startswith(advice)


def test_cosine_tells_of_the_pairs_it_compares():
    explained = text("cosine")

    assert "table of (b, b)" in explained
    assert "    sum(normalize(a)·normalize(b), over=-1)\n" in explained


def test_no_explanation_is_wider_than_a_terminal():
    for name in names():
        lines = text(name).split("\n")

        assert max(map(cell_len, lines)) <= 80, name
