"""Lists name everything, a line each."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.cells import cell_len

from kdgraph import files
from kdgraph.data.known import KNOWN as DATA
from kdgraph.graph.forms import FORMS as BUILT_IN
from kdgraph.graph.vocabulary import library
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.added import ADDED
from kdgraph.models.known import NAMES
from kdgraph.registry import REGISTRY
from kdgraph.show.listing import LISTS, text
from kdgraph.show.shipped import mistakes
from kdgraph.show.words_of import FORMS


def names(what: str) -> list[str]:
    return [line.split()[0] for line in text(what).split("\n") if line.startswith("  ")]


def test_every_word_of_the_language_is_listed_once():
    words = [one.name for one in REGISTRY]

    assert sorted(names("words")) == sorted([*words, *FORMS, *library()])


def test_every_form_of_the_language_is_described():
    assert set(FORMS) == set(BUILT_IN)


def test_what_travels_with_kdgraph_is_listed():
    assert names("recipes") == [path.stem for path in files.recipes()]
    assert names("settings") == [path.stem for path in files.settings()]
    assert names("models") == [*NAMES, *ADDED, "torchvision:…", "timm:…"]
    assert names("data") == list(DATA)
    assert names("errors") == sorted(mistakes())


@pytest.mark.parametrize("what", [None, *LISTS])
def test_no_line_is_wider_than_a_terminal(what):
    assert max(map(cell_len, text(what).split("\n"))) <= 80


def test_a_recipe_is_listed_with_its_source():
    found = [line.split(maxsplit=3) for line in text("recipes").splitlines()]

    assert ["icd", "2024", "2407.11802", "Invariant causal knowledge distillation"] in found


def test_a_recipe_without_a_paper_is_listed_by_its_title():
    (line,) = [line for line in text("recipes").splitlines() if line.startswith("  ce ")]

    assert line.split()[1] == "Cross-entropy"


def test_facts_of_a_mistake_are_left_open():
    assert "  KD111  `…` is given twice\n" in text("errors")
    assert "{" not in text("errors")


def test_an_unknown_list_is_refused_with_the_nearest():
    with pytest.raises(RecipeError, match="did you mean `recipes`"):
        text("recpies")


@pytest.mark.parametrize(
    ("asked", "what"),
    [("recipe", "recipes"), ("set", "settings"), ("datasets", "data"), ("Word", "words")],
)
def test_the_beginning_of_one_lists_name_or_its_other_name_is_enough(asked, what):
    assert text(asked) == text(what)


def test_the_beginning_of_several_lists_is_refused():
    with pytest.raises(RecipeError, match="there is no list of `m`"):  # models, mistakes, methods
        text("m")


def test_a_word_is_no_list_but_can_be_explained():
    with pytest.raises(RecipeError, match="`kdgraph explain kl` tells of it"):
        text("kl")


def test_listing_imports_no_torch():
    code = "import sys; from kdgraph.show.listing import LISTS, text\n"
    code += "[text(one) for one in (None, *LISTS)]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
