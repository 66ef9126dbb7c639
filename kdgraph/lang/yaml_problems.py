"""What a YAML parser says about a broken file, in words that name the remedy."""

from __future__ import annotations

import re

import yaml

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.text import LostToYaml, NotYaml, TooDeep
from kdgraph.lang.source import Source, Span

QUOTED = 'put the whole expression in quotes: "…"'
SECTIONS_START = "sections such as `loss` start in the first column, and one file holds one recipe"
# (what PyYAML says, what we say, what to do)
PROBLEMS = (
    ("',' or ']'", "a list is not closed", "add the missing `]`, or " + QUOTED),
    ("',' or '}'", "braces are not closed", "add the missing `}`, or " + QUOTED),
    ("mapping values", "a second `:` in one value", "a value that holds `: ` must stand in quotes"),
    ("unexpected end of stream", "a quote is never closed", "close the quote"),
    ("unknown escape character", "an unknown escape in double quotes", "use single quotes instead"),
    ("block end", "the indentation does not fit", "indent the names of a section equally"),
    ("expected key", "the indentation does not fit", "indent the names of a section equally"),
    ("expected ':'", "a line without a `:`", "write `name: expression`, or indent it further"),
    ("'-' indicator", "a list item without `-`", "start each item of the list with `- `"),
    ("document start", "something follows the end of the recipe", SECTIONS_START),
    ("another document", "a second document", "one file holds one recipe"),
)  # fmt: skip
AT_THE_START = ("end of stream", "expected ',' or", "expected ':'")
"""problems that are noticed late, and pointed at where they begin"""
COMMENT = re.compile(r"^(?P<kept>[^#\n]*?[(\[,·*+/@‖-]?)\s+#")
OPENS, CLOSES = "([", ")]"


def lost_to_comment(span: Span) -> LostToYaml:
    """The diagnostic for an expression that a comment cuts in two."""
    advice = "an expression holds no `#`: move the comment to a line of its own"
    return LostToYaml(span=span, where="at ` #`, where a comment starts", advice=advice)


def explained(error: yaml.MarkedYAMLError, source: Source, deepest: int) -> Diagnostic:
    """The diagnostic for what PyYAML found.

    Args:
        error: from PyYAML; since 6.0.4 it has a limit on nesting of its own, above ours.
        source: the text.
        deepest: our limit on nesting.
    """
    mark = error.problem_mark or error.context_mark
    said = error.problem or "it can't be read"
    if error.context_mark is not None and any(one in said for one in AT_THE_START):
        mark = error.context_mark
    start = min(mark.index, max(0, len(source.text) - 1)) if mark else 0
    if "nesting depth" in said:
        return TooDeep(span=Span(source, start, start + 1), limit=deepest)
    cut = _comment(source, start)
    if cut is not None:
        return lost_to_comment(cut)
    at = Span(source, start, start + 1)
    letter = at.text
    if "cannot start any token" in said:
        if letter == "\t":
            return NotYaml(
                span=at,
                problem="a tab where spaces belong",
                advice="indent with spaces, never tabs",
            )
        return NotYaml(span=at, problem=f"no value starts with `{letter}`", advice=QUOTED)
    for theirs, ours, advice in PROBLEMS:
        if theirs in said:
            return NotYaml(span=at, problem=ours, advice=advice)
    return NotYaml(span=at, problem=said.replace("'", "`"))


def depth(text: str) -> int:
    """How many brackets a piece of an expression leaves open; below 0: closes of others."""
    return sum(map(text.count, OPENS)) - sum(map(text.count, CLOSES))


def _comment(source: Source, problem: int) -> Span | None:
    """The end of an expression that a comment cut on the line before, if one did.

    kd: kd(teacher.logits,    # the teacher
           student.logits)
    """
    row = source.position(problem)[0]
    for number in (row, row - 1):
        if number < 1:
            continue
        found = COMMENT.match(source.line(number))
        kept = found.group("kept") if found else ""
        if depth(kept) > 0:
            end = source.offset(number - 1, len(kept))
            return Span(source, end - 1, end)
    return None
