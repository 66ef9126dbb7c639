"""A picture in Mermaid's language, which GitHub and many wikis draw inside a page of text.

Boxes are called `b0`, `b1` … since an id such as `end` would end the drawing. Labels are quoted,
and what could be read as Markdown, HTML or an entity is written as an entity.
"""

from __future__ import annotations

import json
import re

from kdgraph.viz.palette import LINE, LOOKS, WEIGHT, Look
from kdgraph.viz.picture import Arrow, Box, Picture

_MARKUP = re.compile(
    r"""["#&<>*`~\\;]            # quotes, entities, HTML, emphasis, code
    | __ | (?<!\w)_ | _(?!\w)   # emphasis too; not the one in `head_t`
    | ^[-+](?=\s) | ((?<=^\d)|(?<=^\d\d))[.)](?=\s|$)  # lists
    """,
    re.VERBOSE,
)
_SHAPES = {"rounded": ('("', '")'), "pill": ('(["', '"])'), "drum": ('[("', '")]')}


def mermaid(picture: Picture) -> str:
    """The picture as a `flowchart`."""
    names = {box.id: f"b{at}" for at, box in enumerate(picture.boxes)}
    kinds = {box.kind for box in picture.boxes}
    lines = [
        "---",
        f"title: {json.dumps(' '.join(picture.title.split()), ensure_ascii=False)}",
        "---",
        "flowchart TD",
        *(f"  {names[box.id]}{_box(box)}" for box in picture.boxes),
        *(_arrow(arrow, names) for arrow in picture.arrows),
        *(f"  classDef {kind} {_styled(look)}" for kind, look in LOOKS.items() if kind in kinds),
    ]
    for weighs, ink in ((False, LINE), (True, WEIGHT)):
        own = [at for at, arrow in enumerate(picture.arrows) if (arrow.style == "weight") == weighs]
        if own:
            lines.append(f"  linkStyle {','.join(map(str, own))} stroke:{ink}")
    return "\n".join(lines) + "\n"


def entities(words: str) -> str:
    """Words that Mermaid shows as they are.

    >>> entities('a_t "x" <b>')
    'a_t #34;x#34; #60;b#62;'
    """
    return _MARKUP.sub(
        lambda found: "".join(f"#{ord(char)};" for char in found[0]), " ".join(words.split())
    )


def _box(box: Box) -> str:
    look = LOOKS[box.kind]
    opening, closing = _SHAPES[look.outline]
    words = "<br/>".join(entities(line) for line in (box.title, box.detail) if line)
    return f"{opening}{words or ' '}{closing}:::{box.kind}"


def _arrow(arrow: Arrow, names: dict[str, str]) -> str:
    line = {"solid": "-->", "dashed": "-.->", "weight": "==>"}[arrow.style]
    label = f'|"{entities(arrow.label)}"|' if arrow.label else ""
    return f"  {names[arrow.source]} {line}{label} {names[arrow.target]}"


def _styled(look: Look) -> str:
    dashes = ",stroke-dasharray:5 3" if look.dashed else ""
    return f"fill:{look.fill},stroke:{look.stroke},color:{look.title}{dashes}"
