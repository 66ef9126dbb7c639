"""Every mistake of the language as a person sees it: a recipe, and what kdgraph says about it.

`tests/golden/errors/<code>_<slug>.kd` is read, built and compared with the `.err` beside it;
`pytest --bless` writes the `.err` files anew. A first line such as `# teacher: 1000 classes`
gives a network other classes.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from kdgraph.compiler import analyse
from kdgraph.lang import errors
from kdgraph.lang.diagnostics import CODES, Diagnostic, RecipeError, render
from kdgraph.lang.read import read_all
from kdgraph.lang.setting import find_setting
from kdgraph.lang.source import Source
from tests.golden.networks import network, world
from tests.graph.stand_ins import stand_ins

FOLDER = Path(__file__).parent / "errors"
CASES = sorted(FOLDER.glob("KD*.kd"))
HEADLINE = re.compile(r"^(?:error|warning)\[(KD\d+)\]", re.MULTILINE)
CLASSES = re.compile(r"# (\w+): (\d+) classes")

ELSEWHERE = {
    "KD220": "tests/lower/test_promises.py",
    "KD418": "tests/lower/test_promises.py",
    "KD419": "tests/lower/test_promises.py",
    "KD540": "tests/lang/test_condense.py",
    "KD542": "tests/lang/test_condense.py",
    "KD543": "tests/lang/test_condense.py",
    "KD544": "tests/train/test_condense.py",
    "KD420": "tests/lower/test_mode.py",
    "KD440": "tests/lower/test_weights.py",
    "KD622": "tests/lower/test_weights.py",
    "KD623": "tests/lower/test_weights.py",
    "KD421": "tests/graph/test_large_metrics.py",
    "KD506": "tests/lower/test_memory.py",
    "KD507": "tests/lower/test_memory.py",
    "KD106": "tests/lang/test_bounds.py",
    "KD116": "tests/lang/test_read.py",
    "KD118": "tests/lang/test_arithmetic.py",
    "KD311": "tests/lower/test_tap.py",
    "KD312": "tests/lower/test_tapped.py",
    "KD313": "tests/lower/test_tapped.py",
    "KD314": "tests/lower/test_tapped.py",
    "KD315": "tests/lower/test_probe.py",
    "KD316": "tests/lower/test_calls.py",
    "KD324": "tests/lang/test_override.py",
    "KD649": "tests/lower/test_rest.py",
    "KD326": "tests/graph/test_use_everything.py",
    "KD120": "tests/lang/test_bounds.py",
    "KD350": "tests/graph/test_names.py",
}
"""classes of the language that need a network, a command line or a file that is not there"""

EIGHT = {
    "a knob of a loss, mistyped": "KD303_misspelt_knob",
    "a loss, mistyped": "KD302_unknown_function",
    "a module in the loss that is not there": "KD310_unknown_module",
    "a module deeper inside that is not there": "KD310_unknown_module_inside",
    "a section with another name": "KD306_section_with_another_name",
    "a setting, and so a data set, that is not there": "KD307_unknown_setting",
    "a weight that is a word": "KD301_weight_that_is_a_word",
}
"""the eight mistakes that configurations of this kind get wrong; the eighth, a mistyped key of
`train:`, is a mistake of the protocol and tested with it"""


def mistakes(path: Path) -> list[Diagnostic]:
    """Everything that is wrong with a recipe, in the order of its places."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    try:
        reading = read_all(source)
    except RecipeError as error:
        return list(error.diagnostics)
    found = list(reading.mistakes)
    if reading.is_whole:
        recipe = reading.recipe
        classes = {name: int(count) for name, count in CLASSES.findall(source.text)}
        known = [network(n, classes.get(n, 10)) for n in recipe.chain or ("teacher", "student")]
        found += analyse(recipe, world(*known, chain=recipe.chain)).mistakes
        if recipe.setting is not None:
            try:
                find_setting(recipe.setting[0], FOLDER, recipe.setting[1])
            except RecipeError as error:
                found += error.diagnostics
    if any(one.severity == "error" for one in found):
        found = [one for one in found if one.severity == "error"]
    return sorted(found, key=lambda one: one.span.start if one.span else 0)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_message_is_the_golden_one(path, bless, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with stand_ins():
        said = "\n\n".join(render(one) for one in mistakes(path)) + "\n"
    golden = path.with_suffix(".err")
    if bless:
        golden.write_text(said, encoding="utf-8")

    assert said == golden.read_text(encoding="utf-8")
    assert path.stem[:5] in HEADLINE.findall(said)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_message_is_worded_as_all_are(path):
    said = path.with_suffix(".err").read_text(encoding="utf-8")

    for line in said.splitlines():
        assert len(line) <= 240, line
        words = re.sub(r"^(error|warning)\[KD\d+\]: |^ *= help: ", "", line)
        if words != line:
            assert not words.endswith("."), line
            assert words[0].islower() or not words[0].isalpha() or words.startswith("YAML"), line
            assert "{" not in re.sub(r"`[^`]*`", "", words), line
    for block in said.split("\n\n"):
        assert "= help: " in block, block


def test_every_mistake_of_the_language_has_a_golden_case():
    for module in pkgutil.iter_modules(errors.__path__):
        importlib.import_module(f"{errors.__name__}.{module.name}")
    golden = {
        code for path in CASES for code in HEADLINE.findall(path.with_suffix(".err").read_text())
    }
    language = {
        code
        for code, kind in CODES.items()
        if kind.__module__.rpartition(".")[2]
        in {"text", "sorts", "names", "graph", "memory", "tables", "taps", "condense"}
    }

    assert language - golden - set(ELSEWHERE) == set()


@pytest.mark.parametrize(("code", "path"), ELSEWHERE.items())
def test_a_mistake_without_a_golden_case_is_tested_where_it_is_said_to_be(code, path):
    for module in pkgutil.iter_modules(errors.__path__):
        importlib.import_module(f"{errors.__name__}.{module.name}")
    text = (Path(__file__).parents[2] / path).read_text(encoding="utf-8")

    assert CODES[code].__name__ in text or code in text


@pytest.mark.parametrize("name", EIGHT.values(), ids=EIGHT)
def test_the_mistakes_that_others_answer_with_a_traceback_get_a_caret(name):
    said = (FOLDER / f"{name}.err").read_text(encoding="utf-8")

    assert "^" in said


def test_codes_are_those_of_their_families():
    hundreds = {"text": 1, "sorts": 2, "names": 3, "taps": 3, "graph": 4, "memory": 5, "tables": 5}
    for code, kind in CODES.items():
        family = kind.__module__.rpartition(".")[2]
        if family in hundreds:
            assert code[2] == str(hundreds[family]), (code, kind)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_mistake_explains_itself(code):
    doc = CODES[code].__doc__ or ""

    assert len(doc.split()) >= 6, "a docstring is what `kdgraph explain` shows"
