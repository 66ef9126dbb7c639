from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

from kdgraph.viz.dots import Dot, DotRow, dots_svg

ROWS = [
    DotRow("teacher", Dot(90.0, math.nan, (90.0,)), Dot(91.0, math.nan, (91.0,))),
    DotRow("a < b", Dot(80.0, 2.0, (78.0, 82.0)), Dot(84.0, 1.0, (83.0, 85.0))),
    DotRow("at", note="failed"),
]


def drawn(rows=ROWS, **more):
    return dots_svg(rows, title="t", words=("one", "two"), **more)


def places(svg, kind):
    """The x of every mark of a kind."""
    return [float(x) for x in re.findall(rf'class="{kind}" cx="([\d.]+)"', svg)]


def test_means_and_errors_lie_where_the_axis_says():
    svg = drawn()
    ticks = [
        float(x) for x in re.findall(r'<path d="M([\d.]+) [\d.]+V[\d.]+" stroke="#e9ecef"', svg)
    ]
    values = [float(v) for v in re.findall(r'middle"><text[^>]*>([\d.]+)</text>', svg)]
    slope = (ticks[-1] - ticks[0]) / (values[-1] - values[0])
    best, last, other, low = (places(svg, "mean")[k] for k in (0, 1, 2, 3))

    def value(x):
        return values[0] + (x - ticks[0]) / slope

    assert [round(value(x), 1) for x in (best, last, other, low)] == [91, 90, 84, 80]
    ends = re.findall(r'class="error" d="M([\d.]+) [\d.]+H([\d.]+)', svg)
    assert [[round(value(float(x)), 1) for x in bar] for bar in ends] == [[83, 85], [78, 82]]
    assert values[0] <= 78
    assert values[-1] >= 91


def test_one_value_has_no_bar_and_no_small_dots():
    svg = drawn(ROWS[:1])

    assert 'class="error"' not in svg
    assert 'class="seed"' not in svg
    assert "each seed" not in svg


def test_all_are_held_against_one_by_a_line_that_the_legend_names():
    assert 'class="against"' not in drawn()
    svg = drawn(against="a < b")
    (line,) = re.findall(r'class="against" d="M([\d.]+)', svg)

    assert float(line) == places(svg, "mean")[3]
    assert svg.count("a &lt; b</text>") == 2


def test_the_picture_is_xml_even_if_nothing_was_measured():
    for rows in (ROWS, ROWS[2:]):
        assert ET.fromstring(drawn(rows)).tag.endswith("svg")
