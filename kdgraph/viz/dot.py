r"""A picture in Graphviz's language, for those who lay it out themselves.

A quoted string of the language knows two escapes, `\"` and `\\`; a label knows `\n` as well.
"""

from __future__ import annotations

from kdgraph.viz.palette import LINE, LOOKS, WEIGHT
from kdgraph.viz.picture import Arrow, Box, Picture

_HEAD = """\
  rankdir=TB; nodesep=0.3; ranksep=0.45; labelloc=t; labeljust=l;
  node [fontname="DejaVu Sans", fontsize=12, penwidth=1.3];
  edge [fontname="DejaVu Sans", fontsize=11, penwidth=1.2];
"""


def dot(picture: Picture) -> str:
    """The picture as a `digraph`."""
    title = "\n".join(line for line in (picture.title, picture.subtitle) if line)
    boxes = "".join(f"  {_box(box)}\n" for box in picture.boxes)
    arrows = "".join(f"  {_arrow(arrow)}\n" for arrow in picture.arrows)
    return (
        f"digraph {quoted(picture.title)} {{\n{_HEAD}  label={quoted(title)};\n{boxes}{arrows}}}\n"
    )


def quoted(words: str) -> str:
    r"""A string of the language.

    >>> print(quoted('say "b\\n"'))
    "say \"b\\n\""
    """
    words = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{words}"'


def _box(box: Box) -> str:
    look = LOOKS[box.kind]
    shape = "cylinder" if look.outline == "drum" else "box"
    style = "filled" if look.outline == "drum" else "rounded,filled"
    facts = {
        "label": "\n".join(line for line in (box.title, box.detail) if line),
        "shape": shape,
        "style": f"{style},dashed" if look.dashed else style,
        "fillcolor": look.fill,
        "color": look.stroke,
        "fontcolor": look.title,
        "tooltip": " · ".join(line for line in (look.words, box.where) if line),
    }
    return f"{quoted(box.id)} [{_listed(facts)}];"


def _arrow(arrow: Arrow) -> str:
    weighs = arrow.style == "weight"
    facts = {"color": WEIGHT if weighs else LINE}
    if arrow.label:
        facts |= {"label": f" {arrow.label} ", "fontcolor": WEIGHT if weighs else LINE}
    if arrow.style == "dashed":
        facts["style"] = "dashed"
    return f"{quoted(arrow.source)} -> {quoted(arrow.target)} [{_listed(facts)}];"


def _listed(facts: dict[str, str]) -> str:
    return ", ".join(f"{name}={quoted(value)}" for name, value in facts.items())
