"""The HTML page is one file, well-formed, inert against what a recipe says, and complete."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from kdgraph.viz.page import page
from kdgraph.viz.picture import Arrow, Box, Picture

NS = "{http://www.w3.org/1999/xhtml}"


def parsed(picture: Picture) -> ET.Element:
    return ET.fromstring(page(picture))


def data(picture: Picture) -> dict[str, list[dict[str, Any]]]:
    script = re.search(r'<script id="picture"[^>]*>(.*?)</script>', page(picture), re.DOTALL)
    assert script
    found: dict[str, list[dict[str, Any]]] = json.loads(script[1])
    return found


def test_the_data_has_every_box_with_its_facts_and_every_arrow(icd: Picture) -> None:
    found = data(icd)
    boxes = {box["id"]: box for box in found["boxes"]}

    assert set(boxes) == {box.id for box in icd.boxes}
    assert ["knobs", "T = 4"] in boxes["kd"]["facts"]
    assert {"source": "kd", "target": "total", "label": "λ", "style": "weight"} in found["arrows"]


def test_the_recipe_stands_beside_the_drawing_line_by_line(icd: Picture) -> None:
    lines = [item.text or "" for item in parsed(icd).findall(f".//{NS}ol/{NS}li")]

    assert "\n".join(lines) == icd.recipe


def test_a_box_points_at_its_line_of_the_recipe_that_is_shown(icd: Picture) -> None:
    boxes = {box["id"]: box for box in data(icd)["boxes"]}

    assert boxes["kd"]["line"] == 6
    assert icd.recipe.split("\n")[5].strip().startswith("kd:")
    assert boxes["x"]["line"] is None


def test_a_line_of_another_file_is_not_highlighted() -> None:
    boxes = (
        Box("here", "op", "a", where="recipes/kd.kd:3"),
        Box("there", "op", "b", where="library.kd:3"),
        Box("column", "op", "c", where="kd.kd:4:11"),
        Box("none", "op", "d", where="built in"),
    )
    picture = Picture("t", "", boxes, (), "a\nb\nc\n", recipe_path="kd.kd")

    assert [box["line"] for box in data(picture)["boxes"]] == [3, None, 4, None]


def test_a_page_without_recipe_shows_no_empty_list() -> None:
    assert parsed(Picture("t", "", (Box("a", "op", "a"),), ())).find(f".//{NS}ol") is None


def test_nothing_is_fetched(sskd: Picture) -> None:
    text = re.sub(r'xmlns="[^"]*"', "", page(sskd))

    assert "default-src 'none'" in text
    assert not re.search(r"https?:|src=|url\(|@import|<link", text)


def test_words_cannot_end_the_script_or_start_an_element() -> None:
    evil = '</script><script>alert(1)</script><!--<b onclick="x">]]>'
    box = Box(evil, "op", evil, evil, ((evil, evil),), evil)
    picture = Picture(
        evil, evil, (box, Box("b", "op", "b")), (Arrow(evil, "b", evil),), evil, (evil,)
    )
    root = parsed(picture)

    assert len(root.findall(f".//{NS}script")) == 2
    assert root.find(f".//{NS}b") is None
    assert data(picture)["boxes"][0]["facts"] == [[evil, evil]]


@given(st.text(), st.text())
@settings(deadline=None)
def test_any_words_give_a_well_formed_page(one: str, other: str) -> None:
    boxes = (Box("1" + one, "term", one, other, ((one, other),), other), Box("2", "total", other))
    arrows = (Arrow("1" + one, "2", other, "weight"),)
    picture = Picture(one, other, boxes, arrows, one, (other,))

    assert parsed(picture).tag == f"{NS}html"
    assert data(picture)["boxes"][0]["id"] == "1" + one
