"""Whatever the text, reading and building either work or say what is wrong."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdgraph import files
from kdgraph.compiler import analyse
from kdgraph.lang.diagnostics import Diagnostic, RecipeError, render
from kdgraph.lang.parse import expression
from kdgraph.lang.read import read_all
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.source import Source
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY
from tests.bench import fuzz
from tests.golden.networks import world
from tests.graph.stand_ins import stand_ins

HERE = Path(__file__).parents[1]
WHERE = [*files.recipes(), files.library(), *(HERE / "graph" / "recipes").glob("*.kd")]
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(WHERE)]
PIECES = [
    *"()[]·*+-/^²ᵀ‖|:,'\"#&!%@`{}=<>\n\t\0\r", "\n  ", " #", "Σ(t in teachers) ", ".T", "||", "==",
    "student", "teacher", ".logits", ".maps", "[0]", "[:, 0]", "[1:]", "kd(", "softmax(", "mean(",
    "9^9^9", "1e400", "epoch", "learn(", "linear(", "origin(", "zip(", "rows=", "over=", "none",
    "stages:", "views:", "modules:", "define:", "loss:", "use: [kd]", "extends: kd", "\ud800",
    "\u2028", "﷽", "\ufeff", "é", "x", "y", "0", "-1", "1.5", "- ", "? ", "| ", "> ",
]  # fmt: skip

HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""what no message may send to a terminal"""


def survives(text: str) -> None:
    """Read, build and render everything that is wrong; nothing else may be raised."""
    try:
        reading = read_all(Source("fuzz.kd", text))
        found = list(reading.mistakes)
        if reading.is_whole:
            found += analyse(reading.recipe, world(chain=reading.recipe.chain)).mistakes
    except RecipeError as error:
        found = list(error.diagnostics)
    for one in found:
        drawn = render(one)
        assert drawn.encode()
        assert not HIDDEN.search(drawn)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    survives(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text):
    found: tuple[Diagnostic, ...] = ()
    try:
        expression(text)
    except RecipeError as error:
        found = error.diagnostics

    assert all(0 <= one.span.start < one.span.end for one in found)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_pieces_make_an_expression_or_are_refused(text):
    survives(f"loss: |\n  {text}")


@pytest.mark.parametrize("seed", range(12))
def test_a_recipe_that_lost_its_way_is_read_or_refused(seed):
    draw = random.Random(seed)
    with stand_ins():
        for _ in range(60):
            survives(mutated(draw.choice(TEXTS), draw))


def mutated(text: str, draw: random.Random) -> str:
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text) + 1)
        match draw.randrange(4):
            case 0:
                text = text[:at] + draw.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + draw.randint(1, 12) :]
            case 2:
                other = draw.choice(TEXTS)
                start = draw.randrange(len(other))
                text = text[:at] + other[start : start + draw.randint(1, 30)] + text[at:]
            case 3:
                text = (
                    text[:at]
                    + chr(draw.choice([draw.randrange(32, 127), draw.randrange(0x110000)]))
                    + text[at + 1 :]
                )
    return text


VALUES = [
    "student.logits", "teacher.logits", "student.features", "student.maps[0]", "teacher.maps",
    "student.layer3[1].bn2", "y", "i", "x", "epoch", "0", "2", "-1", "0.5", "none", "rows", "true",
    "student", "teachers", "head", "[1, 2]", "student(rot).logits", "origin(rot)", "learn(1)",
    "softmax(student.logits)", "mean(student.logits)", "student.logits[:, 1:]", "rot", "missing",
]  # fmt: skip


def calls(draw: random.Random, depth: int = 0) -> str:
    """A call of any word or function, on values that may not fit at all."""
    words = [*(one.name for one in REGISTRY), *LIBRARY, "zip", "count", "origin", "width", "head"]
    values = [
        draw.choice(VALUES) if depth > 1 or draw.random() < 0.7 else calls(draw, depth + 1)
        for _ in range(draw.randint(0, 4))
    ]
    word = draw.choice(words)
    made = REGISTRY.get(word)
    slots = [one.name for one in made.parameters] if isinstance(made, Signature) else ["over", "T"]
    keywords = [
        f"{draw.choice(slots)}={draw.choice(VALUES)}"
        for _ in range(draw.choice([0, 0, 1, 2]))
        if slots
    ]
    text = f"{word}({', '.join([*values, *keywords])})"
    end = draw.choice(["", "", "ᵀ", "[0]", "[:, 0]", " @ student.features", "²", " + y", ".x"])
    return f"mean({text})" if draw.random() < 0.3 else text + end


LIBRARY = list(
    read_all(Source("library.kd", files.library().read_text(encoding="utf-8"))).recipe.define
)


@pytest.mark.parametrize("seed", range(10))
def test_any_word_takes_or_refuses_any_values(seed):
    draw = random.Random(seed)
    with stand_ins():
        for _ in range(60):
            terms = " + ".join(calls(draw) for _ in range(4))
            survives(
                f"loss: {terms}\nviews: {{x: flip(image), rot: 'rotate(x, 90, 180)'}}\n"
                "modules: {head: mlp(10)}\n"
            )


@pytest.mark.parametrize("seed", range(5))
def test_any_views_are_planned_or_refused(seed):
    draw = random.Random(seed)
    words = [one.name for one in REGISTRY if one.kind == "view"]
    values = ["image", "a", "b", "x", "0", "2", "90", "-1", "0.5", "y", "flip(image)", "image[y]"]
    with stand_ins():
        for _ in range(100):
            lines = ["loss: mean(student(a).logits)", "views:"]
            for name in "xab":
                given = ", ".join(draw.choices(values, k=draw.randint(0, 3)))
                lines.append(f"  {name}: {draw.choice(words)}({given})")
            survives("\n".join(lines))


def test_what_was_read_of_a_broken_recipe_is_a_recipe():
    reading = read_all(Source("mine.kd", "loss: sup +\nwhere: {sup: '(1', λ: 2}\n"))

    assert isinstance(reading.recipe, Recipe)
    assert [one.code for one in reading.mistakes] == ["KD102", "KD104"]
    assert set(reading.recipe.where) == {"sup", "λ"}


@pytest.mark.parametrize("seed", range(4))
def test_a_mutant_of_a_shipped_recipe_is_checked_or_refused(seed):
    texts, vocabulary = fuzz.recipes(), fuzz.words()
    for number in range(15):
        draw = random.Random(f"test {seed}/{number}")
        fuzz.looked_at(fuzz.mutant(texts, vocabulary, draw))
