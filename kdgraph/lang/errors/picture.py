"""Mistakes in asking for a picture, KD690."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class UnknownPictureFormat(Diagnostic):
    """The end of a picture's file name says how it is to be drawn, and this one says nothing.

    Five formats are known:

        kdgraph viz icd.kd -o icd.svg     a drawing for a paper or a page
        kdgraph viz icd.kd -o icd.png     the same as pixels
        kdgraph viz icd.kd -o icd.html    a page to click through, recipe beside it
        kdgraph viz icd.kd -o icd.dot     text for Graphviz
        kdgraph viz icd.kd -o icd.mmd     text for Mermaid, which GitHub draws

    Without `-o` the graph is printed as a tree. For a PDF, print the HTML page or the SVG from
    a browser.
    """

    code = "KD690"
    title = "no known picture format in the name `{path}`"
    help = "let the name end in `.svg`, `.png`, `.html`, `.dot` or `.mmd`\n{near}"

    path: str
    suffix: str
    near: str = ""
