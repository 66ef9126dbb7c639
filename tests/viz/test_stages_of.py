"""A recipe of several stages is drawn whole: each stage under its heading, in their order."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from kdgraph.experiment import examine
from kdgraph.viz.page import page
from kdgraph.viz.picture_of import picture_of
from kdgraph.viz.stages_of import pictured
from kdgraph.viz.svg import svg
from kdgraph.viz.terminal import tree


@pytest.fixture(scope="module")
def analysis():
    return examine("sskd").analysis


def test_all_stages_are_drawn_with_all_their_boxes(analysis):
    whole = pictured(analysis)
    alone = [picture_of(analysis, name) for name in ("teacher head", "student")]

    assert [one.title for one in whole.parts] == ["stage 1: teacher head", "stage 2: student"]
    assert len(whole.boxes) == sum(len(one.boxes) for one in alone)
    assert len(whole.arrows) == sum(len(one.arrows) for one in alone)


def test_one_stage_is_drawn_where_it_is_asked_for_or_there_is_no_other(analysis):
    assert pictured(analysis, "teacher head") == picture_of(analysis, "teacher head")
    kd = examine("kd").analysis
    assert pictured(kd) == picture_of(kd)


def test_the_drawing_has_a_heading_for_each_stage_in_their_order(analysis):
    words = "".join(ET.fromstring(svg(pictured(analysis))).itertext())
    places = [words.index(part) for part in ("stage 1: teacher head", "head_t", "stage 2", "tf")]

    assert places == sorted(places)
    assert "student: Trained: student, head_s." in words


def test_no_stage_is_drawn_over_another(analysis):
    whole = pictured(analysis)
    root = ET.fromstring(svg(whole))
    drawn = [one for one in root if "text-anchor" in one.attrib]
    tops = [float(one.attrib["transform"].split()[1].rstrip(")")) for one in drawn]

    assert len(tops) == 2
    alone = float(ET.fromstring(svg(whole.parts[0], captioned=False)).attrib["height"])
    assert tops[1] - tops[0] > alone - 2 * 24
    assert float(root.attrib["height"]) > tops[1]


def test_the_page_and_the_tree_tell_every_stage(analysis):
    whole = pictured(analysis)
    told = tree(whole, 100)

    assert '"id":"1/total"' in page(whole)
    assert '"id":"2/total"' in page(whole)
    assert told.index("stage 1: teacher head") < told.index("stage 2: student")
    assert told.count("total  ") == 2
