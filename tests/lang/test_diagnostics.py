"""How a message is drawn: places, carets under wide letters, clipped lines, several files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from rich.cells import cell_len

from kdgraph.lang.diagnostics import CODES, Diagnostic, RecipeError, render
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import UnexpectedWord
from kdgraph.lang.source import Source, Span


@dataclass(frozen=True, kw_only=True)
class Example(Diagnostic):
    """A mistake of this test, with a second place."""

    title: ClassVar = "something about `{thing}`"
    label: ClassVar = "here"
    help: ClassVar = "do this\n{more}"

    thing: str = "it"
    more: str = ""
    others: tuple[Span, ...] = ()
    code: ClassVar = "KD999"

    def labels(self) -> list[tuple[Span, str]]:
        return [*super().labels(), *((one, "there") for one in self.others)]


CODES.pop("KD999")


def span(text: str, words: str, nth: int = 0, path: str = "mine.kd") -> Span:
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return Span(Source(path, text), start, start + len(words))


def test_a_message_has_headline_place_excerpt_and_help():
    text = "loss: sup\nwhere:\n  sup: 1\n"

    assert render(Example(span=span(text, "sup", 1), more="or that")) == (
        "error[KD999]: something about `it`\n"
        " --> mine.kd:3:3\n"
        "  |\n"
        "3 |   sup: 1\n"
        "  |   ^^^ here\n"
        "  = help: do this\n"
        "  = help: or that"
    )


def test_a_message_without_a_place_has_no_excerpt():
    assert render(Example()) == "error[KD999]: something about `it`\n = help: do this"


@pytest.mark.parametrize("before", ["", "λ·", "损失·", "x̂·", "\t"])
def test_carets_stand_under_their_words_in_terminal_cells(before):
    text = f"{before}kd + 1"
    *_, excerpt, carets, _ = render(Example(span=span(text, "kd"))).split("\n")

    start = carets.index("^")
    assert cell_len(excerpt[: excerpt.index("kd")]) == start
    assert carets.count("^") == 2


def test_several_places_of_one_line_share_it():
    text = "kd(teacher, student)"
    lines = render(Example(span=span(text, "student"), others=(span(text, "teacher"),))).split("\n")

    assert lines[3:6] == [
        "1 | kd(teacher, student)",
        "  |    ------- there",
        "  |             ^^^^^^^ here",
    ]


def test_places_in_two_files_are_shown_in_both():
    text = "loss: a\n"
    drawn = render(Example(span=span(text, "a"), others=(span("x\ny: b\n", "b", path="base.kd"),)))

    assert " --> mine.kd:1:7\n" in drawn
    assert " ::: base.kd:2:4\n2 | y: b\n  |    - there\n" in drawn


def test_the_margin_is_as_wide_as_the_largest_line_number():
    text = "\n" * 99 + "kd"

    assert "\n100 | kd\n    | ^^ here\n" in render(Example(span=span(text, "kd")))


def test_a_span_of_several_lines_is_marked_on_its_first():
    text = "a: kd(\n  b)\n"
    drawn = render(Example(span=Span(Source("mine.kd", text), 3, 10)))

    assert "1 | a: kd(\n  |    ^^^ here\n" in drawn


@pytest.mark.parametrize("at", [0, 50, 99, 120, 300, 480])
def test_a_long_line_is_clipped_around_its_carets(at):
    text = "a" * at + "KD" + "b" * (500 - at)
    lines = render(Example(span=span(text, "KD"))).split("\n")
    excerpt, carets = lines[3], lines[4]

    assert max(map(cell_len, lines)) <= 80
    assert excerpt[carets.index("^") :].startswith("KD")
    assert ("…" in excerpt[:6]) == (at >= 99)
    assert excerpt.endswith("…") == (at < 480)


def test_places_far_apart_on_a_long_line_are_shown_one_by_one():
    text = "KD" + "a" * 300 + "KL" + "b" * 50
    lines = render(Example(span=span(text, "KD"), others=(span(text, "KL"),))).split("\n")

    assert lines[3].startswith("1 | KDaaa")
    assert lines[4] == "  | ^^ here"
    assert "KLbbb" in lines[5]
    assert lines[6].strip("| ").startswith("-- there")


def test_a_span_longer_than_the_window_is_clipped_too():
    drawn = render(Example(span=span("x" * 400, "x" * 400)))

    assert max(map(cell_len, drawn.split("\n"))) <= 80


def test_wide_letters_around_the_caret_are_counted_twice():
    text = "损" * 60 + "KD" + "失" * 60
    *_, excerpt, carets, _ = render(Example(span=span(text, "KD"))).split("\n")

    assert 70 <= cell_len(excerpt) <= 80
    assert excerpt.startswith("1 | …损")
    assert excerpt.endswith("失…")
    assert cell_len(excerpt[: excerpt.index("KD")]) == carets.index("^")


def test_help_and_title_are_folded_under_their_beginning():
    long = "write `--set train.epochs=3` " * 4
    lines = render(Example(thing="it` and `that " * 9, more=long)).split("\n")

    assert max(map(cell_len, lines)) <= 80
    assert lines[1].startswith(" " * len("error[KD999]: "))
    assert lines[-1].startswith("         `--set")
    assert " ".join(" ".join(lines).split()).count("`--set train.epochs=3`") == 4
    assert all(line.count("`") % 2 == 0 for line in lines[-2:])


def test_a_wider_terminal_gets_longer_lines():
    text = "a" * 100 + "KD"
    drawn = render(Example(span=span(text, "KD"), more="do " * 30), 120)

    assert f"1 | {text}\n" in drawn
    assert len(drawn.split("\n")) == 7


def test_a_label_that_does_not_fit_behind_its_caret_stands_below_it():
    text = "a" * 70 + "KD"
    carets, label, _ = render(Example(span=span(text, "KD"))).split("\n")[4:]

    assert carets == "  | " + " " * 70 + "^^"
    assert label == "  | " + " " * 70 + "here"


def test_a_terminal_is_sent_nothing_that_moves_its_cursor():
    drawn = render(Example(span=span("a\u202eb\x1b[31mkd", "kd"), thing="\x1b]0;x\x07"))

    assert not any(letter in drawn for letter in "\x1b\x07\u202e")


def test_an_error_shows_all_its_messages():
    text = str(RecipeError(Example(), Example(thing="that")))

    assert text.count("error[KD999]") == 2
    assert "\n\n" in text


def test_a_code_is_never_given_twice():
    with pytest.raises(RuntimeError, match="KD101 is both"):

        class Again(Diagnostic):
            code = UnexpectedWord.code


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("studnet", ["teacher", "student"], "student"),
        ("lamda", ["λ", "β"], "λ"),
        ("Lambda", ["λ", "β"], "λ"),
        ("mpl", ["mlp", "conv"], "mlp"),
        ("KD", ["kd", "kl"], "kd"),
        ("assistant", ["distances", "entropy"], ""),
        ("zzz", ["student"], ""),
        ("anything", [], ""),
    ],
)
def test_the_nearest_name_is_offered_where_one_is_near(name, known, found):
    assert suggest(name, known) == (f"did you mean `{found}`?" if found else "")
