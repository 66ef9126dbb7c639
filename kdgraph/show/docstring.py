"""A docstring taken apart: what it says first, its paragraphs, its sections."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

SECTION = re.compile(r"(Args|Shapes|Units|Errors|Source|Returns|Raises|Attributes):$")
ENTRY = re.compile(r"(\*{0,2}\w+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring in Google's style.

    Attributes:
        summary: the first line.
        body: paragraphs between it and the first section; formulas are paragraphs.
        sections: by name in lower case, each as one text.
    """

    summary: str
    body: tuple[str, ...]
    sections: dict[str, str]

    def entries(self, section: str) -> dict[str, str]:
        """The entries `name: words` of a section such as `args`."""
        found: dict[str, str] = {}
        for part in _items(self.sections.get(section, "")):
            entry = ENTRY.fullmatch(part)
            if entry is not None:
                found[entry[1].lstrip("*")] = " ".join(entry[2].split())
        return found


def docstring(doc: str) -> Docstring:
    """Take a docstring apart.

    >>> made = docstring(docstring.__doc__)
    >>> made.summary, made.entries("args")
    ('Take a docstring apart.', {'doc': 'as it stands in the code, or cleaned.'})

    Args:
        doc: as it stands in the code,
            or cleaned.
    """
    lines = inspect.cleandoc(doc).split("\n")
    starts = [at for at, line in enumerate(lines) if SECTION.match(line)]
    ends = [*starts[1:], len(lines)]  # one more than there are, where there are none
    head = "\n".join(lines[: starts[0]] if starts else lines)
    summary, *body = [part for part in re.split(r"\n\s*\n", head) if part.strip()] or [""]
    sections = {
        lines[at].rstrip(":").lower(): inspect.cleandoc("\n".join(["", *lines[at + 1 : end]]))
        for at, end in zip(starts, ends, strict=False)
    }
    return Docstring(" ".join(summary.split()), tuple(body), sections)


def _items(text: str) -> list[str]:
    """Entries: each starts at the margin, its further lines are indented."""
    items: list[str] = []
    for line in text.split("\n"):
        if line and not line[0].isspace():
            items.append(line)
        elif items:
            items[-1] += f"\n{line}"
    return items
