"""A recipe's file: sections, reuse, places, and what is refused before any name is looked up."""

from __future__ import annotations

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.text import UnreadableFile
from kdgraph.lang.find import find_recipe, load_text
from kdgraph.lang.override import adapted
from kdgraph.lang.print_recipe import recipe_text
from kdgraph.lang.read import read_all, read_recipe
from kdgraph.lang.source import Source
from kdgraph.lang.write import write


def read(text: str):
    return read_recipe(Source("mine.kd", text))


def codes(text: str) -> list[str]:
    return [one.code for one in read_all(Source("mine.kd", text)).mistakes]


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(RecipeError) as caught:
        load_text(tmp_path / "none.kd")

    assert isinstance(caught.value.diagnostics[0], UnreadableFile)
    assert "no such file" in str(caught.value)


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    (tmp_path / "latin.kd").write_bytes("loss: β".encode("iso8859-7"))

    with pytest.raises(RecipeError, match="byte 6 is not UTF-8"):
        load_text(tmp_path / "latin.kd")


def test_a_byte_order_mark_is_no_letter(tmp_path):
    (tmp_path / "bom.kd").write_text("\ufeffloss: 1\n", encoding="utf-8")

    assert load_text(tmp_path / "bom.kd").text == "loss: 1\n"


def test_windows_line_ends_move_no_caret():
    reading = read_all(Source("mine.kd", "loss: sup\r\nwhere:\r\n  sup: a b\r\n"))

    assert "3 |   sup: a b\n  |          ^" in str(reading.mistakes[0])


@pytest.mark.parametrize(
    "text",
    [
        "loss: λ·kd\n  + (β",
        "loss: >\n  λ·kd\n  + (β\n",
        "loss: |\n  λ·kd\n  + (β\n",
        "loss: 'λ·kd\n\n  + (β'\n",
        'loss: "λ·kd \\\n  + (β"\n',
        "loss:\n  λ·kd\n  + (β   # so far\n",
        "loss: >-   # folded\n  λ·kd\n\n  + (β\n",
    ],
    ids=["plain", "folded", "literal", "quoted", "continued", "below", "stripped"],
)
def test_a_caret_finds_its_letter_in_every_style_of_yaml(text):
    (mistake,) = read_all(Source("mine.kd", text)).mistakes

    assert mistake.code == "KD104"
    assert mistake.span.text == "("
    assert mistake.span.start == text.index("(")


def test_an_escaped_letter_is_pointed_at_as_a_whole_value():
    (mistake,) = read_all(Source("mine.kd", 'loss: "\\u03bb + (1"')).mistakes

    assert mistake.span.line == 1


def test_numbers_may_be_written_as_people_write_them():
    made = read("loss: a\nwhere: {a: 5e-2, b: .5, c: 1., d: 0.07}\n")

    assert [float(made.where[name].tree.value) for name in "abcd"] == [0.05, 0.5, 1.0, 0.07]


def test_greek_letters_have_english_names():
    made = read("loss: lambda·kd\nwhere: {λ: 1, kd: tau_kd, τ_kd: 2}\n")

    assert write(made.loss) == "λ·kd"
    assert write(made.where["kd"].tree) == "τ_kd"


def test_a_recipe_extends_another_and_changes_names(tmp_path):
    (tmp_path / "base.kd").write_text(
        "title: base\nloss: sup + λ·kd\nwhere: {sup: 1, kd: 2, λ: 0.5}\nviews: {x: image}\n"
        "stages: [{name: all}]\nchain: [a, b]\n"
    )
    (tmp_path / "mine.kd").write_text("extends: base.kd\nwhere: {λ: 0.9}\nviews: {rot: flip(x)}\n")
    made = read_recipe(load_text(tmp_path / "mine.kd"))

    assert made.title == "base"
    assert write(made.loss) == "sup + λ·kd"
    assert write(made.where["λ"].tree) == "0.9"
    assert list(made.views) == ["x", "rot"]
    assert [stage.name for stage in made.stages] == ["all"]
    assert made.chain == ("a", "b")


ADAPTED = """
loss: cross_entropy(student.logits, y) + K·w·mean(student(v).logits)
forward: separate
where: {K: 1, w: 1}
views: {v: flip(image)}
adapt: {digits: {K: 2, w: 3, v: same(image)}}
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("2", "3", "same(image)")),
        ("where: {K: 5}", ("5", "3", "same(image)")),  # the child's word, the parent's for the rest
        ("where: {K: 5}\nadapt: {digits: {K: 7}}", ("7", "3", "same(image)")),
        ("adapt: {digits: {w: 8}}", ("2", "8", "same(image)")),
        ("views: {v: 'crop(image, pad=4)'}", ("2", "3", "crop(image, pad=4)")),
    ],
)
def test_a_name_that_a_child_gives_a_value_does_not_yield_to_its_parents_adapt(
    text, found, tmp_path
):
    (tmp_path / "base.kd").write_text(ADAPTED)
    (tmp_path / "mine.kd").write_text(f"extends: base.kd\n{text}\n")
    (tmp_path / "grandchild.kd").write_text("extends: mine.kd\n")
    for name in ("mine", "grandchild"):
        made = adapted(read_recipe(load_text(tmp_path / f"{name}.kd")), "digits")
        trees = made.where["K"].tree, made.where["w"].tree, made.views["v"].tree

        assert tuple(map(write, trees)) == found


@pytest.mark.parametrize(("text", "found"), [("", "separate"), ("forward: joint", "joint")])
def test_a_child_says_anew_how_views_go_through_a_model(text, found, tmp_path):
    (tmp_path / "base.kd").write_text(ADAPTED)
    (tmp_path / "mine.kd").write_text(f"extends: base.kd\n{text}\n")
    made = read_recipe(load_text(tmp_path / "mine.kd"))

    assert made.forward == found
    assert read_recipe(Source("again.kd", recipe_text(made))).forward == found


def test_a_mistake_in_what_is_extended_points_into_that_file(tmp_path):
    (tmp_path / "base.kd").write_text("loss: sup +\n")
    (tmp_path / "mine.kd").write_text("extends: base.kd\n")
    with pytest.raises(RecipeError, match=r"base\.kd:1:11"):
        read_recipe(load_text(tmp_path / "mine.kd"))


def test_recipes_that_extend_each_other_are_a_circle(tmp_path):
    (tmp_path / "a.kd").write_text("extends: b.kd\n")
    (tmp_path / "b.kd").write_text("extends: a.kd\n")
    with pytest.raises(RecipeError, match=r"`a\.kd` needs itself: `a\.kd` → `b\.kd` → `a\.kd`"):
        read_recipe(load_text(tmp_path / "a.kd"))


def test_a_long_row_of_recipes_ends(tmp_path):
    (tmp_path / "0.kd").write_text("loss: 1\n")
    for place in range(1, 13):
        (tmp_path / f"{place}.kd").write_text(f"extends: {place - 1}.kd\n")
    with pytest.raises(RecipeError, match="more than 10 levels deep"):
        read_recipe(load_text(tmp_path / "12.kd"))
    assert read_recipe(load_text(tmp_path / "9.kd")).loss is not None


def test_a_shipped_recipe_is_found_by_its_name():
    assert find_recipe("icd").name == "icd.kd"
    assert find_recipe("recipes/icd.kd").name == "icd.kd"


def test_stages_keep_what_they_say():
    made = read(
        "loss: sup\n"
        "stages:\n"
        "  - {name: head, trains: [h, θ], loss: a + b, epochs: epochs/4, train: {lr: 0.1}}\n"
        "  - {for: 'm in chain[1:]', trains: [m], mode: {teacher: train}}\n"
        "  - {name: bags, compute: 'neighbours(teacher.features, 5)'}\n"
    )
    head, each, bags = made.stages

    assert [name for name, _ in head.trains] == ["h", "θ"]
    assert [write(head.loss), write(head.epochs)] == ["a + b", "epochs/4"]
    assert head.train is not None
    assert each.each is not None
    assert each.each[0] == "m"
    assert write(each.each[1]) == "chain[1:]"
    assert each.mode == (("teacher", "train"),)
    assert write(bags.compute) == "neighbours(teacher.features, 5)"


def test_functions_have_defaults_and_inner_names():
    made = read("loss: 1\ndefine:\n  f(a, b=2):\n    value: a·c\n    where: {c: b/2}\n  g(): 1\n")

    assert str(made.define["f"]) == "f(a, b=2)"
    assert write(made.define["f"].where["c"].tree) == "b/2"
    assert str(made.define["g"]) == "g()"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("loss: a\nwhere: {a: 1}\nextends: [x, y]", ["KD115"]),
        ("loss: a\nuse: {a: b}", ["KD115"]),
        ("loss: a\nchain: [[a], b]", ["KD115"]),
        ("loss: a\nadapt: {digits: 3}", ["KD115"]),
        ("loss: a\nforward: [joint]", ["KD115"]),
        ("loss: a\nwhere: {a: 1}\nadapt: {digits: {a: 2, b: 3}}", ["KD301"]),
        ("loss: a\ncondense: {vlaue: a}", ["KD306"]),
        ("loss: a\ncondense: 3", ["KD115"]),
        ("loss: a\nstages: [3]", ["KD115"]),
        ("loss: a\nstages: [{trains: {a: b}}]", ["KD115"]),
        ("loss: a\nstages: [{for: 3}]", ["KD101"]),
        ("loss: a\nstages: [{for: 'm in'}]", ["KD101"]),
        ("loss: a\nstages: [{mode: {teacher: 3}}]", ["KD119"]),
        ("loss: a\nwhere: {y: 1, teachers: 2}", ["KD320", "KD320"]),
        ("loss: a\nwhere: {1: 2}", ["KD101"]),
        ("loss: a\n? [a]\n: b", ["KD110"]),
        ("loss: a\nwhere:\n  b: 1\n  b: 2\n  c: (", ["KD111", "KD104"]),
    ],
)
def test_what_a_section_does_not_take_is_said(text, found):
    assert sorted(codes(text)) == sorted(found)


def test_all_mistakes_come_in_the_order_of_their_places():
    reading = read_all(
        Source("mine.kd", "where:\n  a: (\n  b: 1 +\nloss: c d\nviews: {x: ')'}\nlos: 1\n")
    )

    starts = [one.span.start for one in reading.mistakes]
    assert starts == sorted(starts)
    assert len(starts) == 5
    assert not reading.is_whole


@pytest.mark.parametrize(
    ("stages", "code", "words"),
    [
        ("[]", "KD115", "an empty list"),
        ("[{name: one, trains: [student, student]}]", "KD119", "`student` again"),
    ],
)
def test_stages_that_say_nothing_or_something_twice_are_refused(stages, code, words):
    (mistake,) = read_all(Source("mine.kd", f"loss: a\nstages: {stages}\n")).mistakes

    assert mistake.code == code
    assert words in str(mistake)
