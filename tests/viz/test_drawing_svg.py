"""The SVG is well-formed, complete and needs nothing from elsewhere."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from kdgraph.viz.picture import Arrow, Box, Picture
from kdgraph.viz.svg import svg

NS = "{http://www.w3.org/2000/svg}"


def drawn(picture: Picture) -> ET.Element:
    return ET.fromstring(svg(picture))


def marks(root: ET.Element, kind: str) -> list[ET.Element]:
    return [group for group in root.iter(f"{NS}g") if kind in group.get("class", "").split()]


def test_every_box_arrow_and_weight_is_drawn(icd: Picture) -> None:
    root = drawn(icd)

    assert {mark.get("data-id") for mark in marks(root, "box")} == {box.id for box in icd.boxes}
    assert len(marks(root, "arrow")) == len(icd.arrows)
    assert [mark.findtext(f"{NS}text") for mark in marks(root, "weight")] == [
        "1",
        "λ",
        "β",
        "β·α",
    ]


def test_boxes_come_in_reading_order(icd: Picture) -> None:
    order = [mark.get("data-id") for mark in marks(drawn(icd), "box")]

    assert order[0] == "x"
    assert order[-1] == "total"


def test_frozen_boxes_are_dashed_and_others_are_not(icd: Picture) -> None:
    for mark in marks(drawn(icd), "box"):
        shape = next(child for child in mark if child.tag in {f"{NS}rect", f"{NS}path"})
        frozen = "frozen" in mark.get("class", "")
        assert (shape.get("stroke-dasharray") is not None) == frozen


def test_a_tooltip_has_the_whole_text_and_the_recipe_line() -> None:
    long = "mean(T²·kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T), reduce=none))" * 3
    picture = Picture("t", "", (Box("kd", "term", "kd", long, where="kd.kd:7"),), ())
    root = drawn(picture)

    (box,) = marks(root, "box")
    assert box.findtext(f"{NS}title") == f"kd\n{long}\nterm\nkd.kd:7"
    shown = [text.text or "" for text in box.findall(f"{NS}text")]
    assert shown[-1].endswith("…")


def test_nothing_is_fetched_and_nothing_runs(sskd: Picture) -> None:
    text = svg(sskd).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not re.search(r"https?:|href|url\(|<script|<style|@import|@font-face", text)


def test_the_caption_names_what_is_there_and_no_more(icd: Picture, sskd: Picture) -> None:
    for picture, memory in ((icd, False), (sskd, True)):
        words = [text.text for text in drawn(picture).iter(f"{NS}text")]
        assert picture.title in words
        assert picture.notes[0] in words
        assert ("memory" in words) == memory
        assert ("weighted term" in words) is True


def test_a_drawing_without_caption_is_smaller(icd: Picture) -> None:
    def height(text: str) -> float:
        return float(re.findall(r'height="([\d.]+)"', text)[0])

    assert height(svg(icd, captioned=False)) < height(svg(icd)) - 80


@given(st.text(), st.text(), st.text())
@settings(deadline=None)
def test_any_words_give_well_formed_xml(title: str, detail: str, label: str) -> None:
    boxes = (Box(title + "1", "memory", title, detail), Box("2", "total", detail, title))
    picture = Picture(
        title, detail, boxes, (Arrow(title + "1", "2", label, "weight"),), notes=(label,)
    )

    assert drawn(picture).tag == f"{NS}svg"


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    assert drawn(Picture("", "", (), ())).tag == f"{NS}svg"
