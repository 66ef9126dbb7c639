"""Colour and outline of every kind of box; the same in SVG, HTML, dot and mermaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kdgraph.viz.picture import Kind

INK = "#212529"  # titles
FADED = "#5c636a"  # details: 5:1 and more on every fill below
LINE = "#868e96"  # arrows
WEIGHT = "#c2255c"  # arrows from terms into the total
HALO = "#f3b5cb"  # around a weight
PAPER = "#ffffff"

Outline = Literal["rounded", "pill", "drum"]


@dataclass(frozen=True)
class Look:
    """How a kind of box looks, and what a legend calls it."""

    words: str
    fill: str
    stroke: str
    dashed: bool = False
    outline: Outline = "rounded"
    title: str = INK
    detail: str = FADED


LOOKS: dict[Kind, Look] = {
    "input": Look("input", "#f1f3f5", "#868e96"),
    "view": Look("view", "#e3f6f9", "#0c8599"),
    "model": Look("model", "#e7f0ff", "#3b6fd4"),
    "frozen_model": Look("frozen model", "#e7f0ff", "#3b6fd4", dashed=True),
    "tap": Look("tap", "#e6f6f0", "#0b8f6c"),
    "frozen_tap": Look("frozen tap", "#e6f6f0", "#0b8f6c", dashed=True),
    "module": Look("module", "#fff2df", "#c77700"),
    "frozen_module": Look("frozen module", "#fff2df", "#c77700", dashed=True),
    "param": Look("learned scalar", "#fff9db", "#b08900"),
    "const": Look("constant", "#f8f9fa", "#adb5bd"),
    "schedule": Look("schedule", "#f0f8e1", "#5c940d"),
    "memory": Look("memory", "#f1ebff", "#7048c8", outline="drum"),
    "op": Look("operation", "#ffffff", "#868e96"),
    "term": Look("term", "#fdeaf1", "#c2255c", outline="pill"),
    "total": Look("total", "#c2255c", "#8f1640", outline="pill", title="#ffffff", detail="#fbdce7"),
}
