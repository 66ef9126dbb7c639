"""A picture as one HTML file that needs no network: the drawing, what each box is, the recipe."""

from __future__ import annotations

import json
from pathlib import Path, PurePath

from kdgraph.viz.caption import legend
from kdgraph.viz.escaped import escaped
from kdgraph.viz.palette import LOOKS
from kdgraph.viz.picture import Box, Picture
from kdgraph.viz.svg import svg

_STYLE = Path(__file__).with_name("page.css")
_SCRIPT = Path(__file__).with_name("page.js")

# Nothing is fetched, even if a recipe's text should find a way to ask for it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_PAGE = """\
<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="{policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>/*<![CDATA[*/
{style}/*]]>*/</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main id="drawing">
{drawing}<div id="zoom">
<button type="button" data-zoom="in" aria-label="zoom in">+</button>
<button type="button" data-zoom="out" aria-label="zoom out">−</button>
<button type="button" data-zoom="fit" aria-label="show all">fit</button>
</div>
</main>
<footer><ul class="legend">
{legend}
</ul>{notes}</footer>
<aside>
<section id="panel" aria-live="polite"><h2>{title}</h2>
<p>Click a box to see what it is and where it was written. A hover shows what it is made of and what
it leads to. <kbd>Tab</kbd> and the arrow keys walk through the boxes, <kbd>Enter</kbd> chooses,
<kbd>Esc</kbd> lets go; <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom.</p></section>
{recipe}</aside>
<script id="picture" type="application/json">{data}</script>
<script>//<![CDATA[
{script}//]]></script>
</body>
</html>
"""


def page(picture: Picture) -> str:
    """The whole file; well-formed as XML too."""
    return _PAGE.format(
        policy=_POLICY,
        title=escaped(picture.title),
        subtitle=escaped(picture.subtitle),
        style=_STYLE.read_text("utf-8"),
        drawing=svg(picture, captioned=False),
        legend="\n".join(_entry(*entry) for entry in legend(picture)),
        notes="".join(f"<p>{escaped(note)}</p>" for note in picture.notes),
        recipe=_recipe(picture.recipe),
        data=_for_script(picture),
        script=_SCRIPT.read_text("utf-8"),
    )


def _entry(words: str, swatch: str) -> str:
    return (
        '<li><svg xmlns="http://www.w3.org/2000/svg" width="28" height="16" viewBox="-1 -8 28 16"'
        f' fill="none" stroke-width="1.6" aria-hidden="true">{swatch}</svg>{escaped(words)}</li>'
    )


def _recipe(text: str) -> str:
    lines = "\n".join(f"<li>{escaped(line)}</li>" for line in text.split("\n"))
    return f'<ol id="recipe" aria-label="recipe">\n{lines}\n</ol>\n' if text else ""


def _for_script(picture: Picture) -> str:
    """The boxes and arrows as JSON; no character in it can end the script that holds it."""
    data = {
        "boxes": [_box(box, picture.recipe_path) for box in picture.boxes],
        "arrows": [vars(arrow) for arrow in picture.arrows],
    }
    words = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&":
        words = words.replace(char, f"\\u{ord(char):04x}")
    return words


def _box(box: Box, recipe_path: str) -> dict[str, object]:
    look = LOOKS[box.kind]
    return {
        "id": box.id,
        "title": box.title,
        "detail": box.detail,
        "facts": box.facts,
        "where": box.where,
        "line": _line(box.where, recipe_path),
        "words": look.words,
        "stroke": look.stroke,
        "paint": look.fill if look.title != "#ffffff" else "#fdeaf1",
        "dashed": look.dashed,
    }


def _line(where: str, recipe_path: str) -> int | None:
    """The line of the recipe shown; none for a place in another file."""
    path, _, line = where.partition(":")
    same = not recipe_path or PurePath(path).name == PurePath(recipe_path).name
    number = line.partition(":")[0]
    return int(number) if same and number.isdecimal() else None
