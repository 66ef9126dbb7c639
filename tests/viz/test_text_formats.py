"""What dot and Mermaid are told, to the letter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdgraph.viz.dot import dot, quoted
from kdgraph.viz.mermaid import entities, mermaid
from kdgraph.viz.picture import Arrow, Box, Picture

SMALL = Picture(
    'The "KD" of 2015',
    "kd.kd",
    (
        Box("t", "frozen_tap", "teacher.logits", "64×100", where="kd.kd:5"),
        Box("end", "memory", "M_t", "bank"),
        Box("kd", "term", "kd", "T = 4"),
        Box("total", "total", "total", "0.9·kd"),
    ),
    (
        Arrow("t", "end", style="dashed"),
        Arrow("end", "kd"),
        Arrow("kd", "total", "0.9", "weight"),
    ),
)

DOT = r"""digraph "The \"KD\" of 2015" {
  rankdir=TB; nodesep=0.3; ranksep=0.45; labelloc=t; labeljust=l;
  node [fontname="DejaVu Sans", fontsize=12, penwidth=1.3];
  edge [fontname="DejaVu Sans", fontsize=11, penwidth=1.2];
  label="The \"KD\" of 2015\nkd.kd";
  "t" [label="teacher.logits\n64×100", shape="box", style="rounded,filled,dashed", fillcolor="#e6f6f0", color="#0b8f6c", fontcolor="#212529", tooltip="frozen tap · kd.kd:5"];
  "end" [label="M_t\nbank", shape="cylinder", style="filled", fillcolor="#f1ebff", color="#7048c8", fontcolor="#212529", tooltip="memory"];
  "kd" [label="kd\nT = 4", shape="box", style="rounded,filled", fillcolor="#fdeaf1", color="#c2255c", fontcolor="#212529", tooltip="term"];
  "total" [label="total\n0.9·kd", shape="box", style="rounded,filled", fillcolor="#c2255c", color="#8f1640", fontcolor="#ffffff", tooltip="total"];
  "t" -> "end" [color="#868e96", style="dashed"];
  "end" -> "kd" [color="#868e96"];
  "kd" -> "total" [color="#c2255c", label=" 0.9 ", fontcolor="#c2255c"];
}
"""  # noqa: E501  a line of dot is a box

MERMAID = r"""---
title: "The \"KD\" of 2015"
---
flowchart TD
  b0("teacher.logits<br/>64×100"):::frozen_tap
  b1[("M_t<br/>bank")]:::memory
  b2(["kd<br/>T = 4"]):::term
  b3(["total<br/>0.9·kd"]):::total
  b0 -.-> b1
  b1 --> b2
  b2 ==>|"0.9"| b3
  classDef frozen_tap fill:#e6f6f0,stroke:#0b8f6c,color:#212529,stroke-dasharray:5 3
  classDef memory fill:#f1ebff,stroke:#7048c8,color:#212529
  classDef term fill:#fdeaf1,stroke:#c2255c,color:#212529
  classDef total fill:#c2255c,stroke:#8f1640,color:#ffffff
  linkStyle 0,1 stroke:#868e96
  linkStyle 2 stroke:#c2255c
"""


def test_dot_to_the_letter() -> None:
    assert dot(SMALL) == DOT


def test_mermaid_to_the_letter() -> None:
    assert mermaid(SMALL) == MERMAID


@given(st.text())
@settings(deadline=None)
def test_a_string_of_dot_ends_where_its_words_end(words: str) -> None:
    text = quoted(words)

    assert re.fullmatch(r'"(?:[^"\\\n]|\\["\\n])*"', text)
    back = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text[1:-1])
    assert back == words


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("head_t·kl(p ‖ q)", "head_t·kl(p ‖ q)"),  # each as Mermaid 11 was seen to show it
        ("P[:, 0]/(c + ε)", "P[:, 0]/(c + ε)"),
        ("#quot;", "#35;quot#59;"),
        ("1. first", "1#46; first"),
        ("- dash", "#45; dash"),
        ("-mean(v)", "-mean(v)"),
        ("0.1", "0.1"),
        ("__init__ *a* `b`", "#95;#95;init#95;#95; #42;a#42; #96;b#96;"),
        ("a\nb", "a b"),
    ],
)
def test_mermaid_shows_words_as_they_are(words: str, written: str) -> None:
    assert entities(words) == written


@given(st.text())
@settings(deadline=None)
def test_no_label_of_mermaid_ends_early(words: str) -> None:
    assert not set('"<>\n') & set(entities(words))
