"""The expressions of a file, parsed one by one, with the mistakes of all of them."""

from __future__ import annotations

import re

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.text import (
    EndsEarly,
    LostToYaml,
    UnbalancedBracket,
    UnexpectedWord,
    WrongShape,
)
from kdgraph.lang.parse import expression
from kdgraph.lang.place import Place
from kdgraph.lang.recipe import Entry
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Missing, Syntax, canonical, is_name
from kdgraph.lang.yaml_problems import depth, lost_to_comment
from kdgraph.lang.yaml_tree import Node, Scalar, words

LOOP = re.compile(r"\s*([^\W\d]\w*)\s+in\s+(.+)", re.DOTALL)


class Collector:
    """Parses expressions and keeps what went wrong, so that all of it is said at once."""

    def __init__(self) -> None:
        self.mistakes: list[Diagnostic] = []

    def tree(self, node: Node, section: str, *, flow: bool = False) -> Syntax:
        """The tree of a value that must be an expression; `Missing` where it is none."""
        if not isinstance(node, Scalar):
            self.mistakes.append(
                WrongShape(
                    span=node.span,
                    key=section,
                    expected="an expression",
                    found=words(node),
                    advice="an expression that starts with `[` or `{` must be quoted",
                )
            )
            return Missing(node.span)
        if not node.text.strip():
            advice = "write an expression after the colon, or take the name out"
            self.mistakes.append(EndsEarly(span=node.span, expected="an expression", advice=advice))
            return Missing(node.span)
        try:
            return expression(node.text, node.place())
        except RecipeError as error:
            cut = _cut(node, flow=flow)
            self.mistakes.extend([cut] if cut else error.diagnostics)
            return Missing(node.span)

    def entry(self, key: Scalar, value: Node, section: str, *, flow: bool) -> Entry | None:
        """A name with its expression."""
        cut = bool(self.mistakes) and isinstance(self.mistakes[-1], LostToYaml)
        if flow and cut and isinstance(value, Scalar) and not value.text:
            return None  # the rest of an expression that a comma cut: said where it starts
        name = ".".join(map(canonical, key.text.split(".")))
        dotted = section == "where" or section.startswith("adapt")
        if not all(map(is_name, name.split(".") if dotted else [name])):
            self.mistakes.append(
                UnexpectedWord(
                    span=key.span,
                    found=key.text,
                    expected="a name",
                    advice="a name starts with a letter; letters, digits, `_` and `'` may follow",
                )
            )
            return None
        tree = self.tree(value, f"{section}.{key.text}", flow=flow)
        return Entry(name, key.span, tree)

    def loop(self, node: Scalar) -> tuple[str, Syntax] | None:
        """The loop of a stage: `m in chain[1:]`."""
        found = LOOP.fullmatch(node.text)
        if found is None:
            self.mistakes.append(
                UnexpectedWord(
                    span=node.span,
                    found=node.text,
                    expected="a loop such as `m in chain[1:]`",
                    advice="write a name, `in`, and a list of models",
                )
            )
            return None
        place, start = node.place(), found.start(2)
        inner = Place(place.source, lambda offset: place.at(offset + start))
        try:
            return canonical(found.group(1)), expression(found.group(2), inner)
        except RecipeError as error:
            self.mistakes.extend(error.diagnostics)
            return None


def _cut(node: Scalar, *, flow: bool) -> Diagnostic | None:
    """What YAML took out of an expression that does not parse, if it took something."""
    text = node.span.source.text
    rest = text[node.span.end : (text.find("\n", node.span.end) + len(text) + 1) % (len(text) + 1)]
    at = Span(node.span.source, max(node.span.start, node.span.end - 1), node.span.end)
    unfinished = _unfinished(node.text)
    comment = re.match(r"\s+#(.*)", rest)
    if node.plain and unfinished and comment and depth(comment.group(1)) < 0:
        return lost_to_comment(at)
    if flow and node.plain and unfinished and rest.startswith(","):
        return LostToYaml(span=at, where="at the comma, inside braces")
    return None


def _unfinished(text: str) -> bool:
    try:
        expression(text)
    except RecipeError as error:
        first = error.diagnostics[0]
        return isinstance(first, (EndsEarly, UnbalancedBracket))
    return False
