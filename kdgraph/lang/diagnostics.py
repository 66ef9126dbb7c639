"""What a mistake is: wording in the class, facts in the fields, carets drawn by `render`."""

from __future__ import annotations

import re
from abc import ABC
from dataclasses import dataclass, fields
from typing import ClassVar

from kdgraph.lang.excerpt import excerpt, printed
from kdgraph.lang.source import Span
from kdgraph.lang.wrap import hanging

WIDTH = 80
"""columns of a message where no terminal says otherwise"""
UNFOLDED = 1 << 20
HEAD, TAIL = 39, 20
"""letters of a long quotation that a message keeps"""
QUOTED = re.compile(r"`([^`\n]{160,})`")
CODES: dict[str, type[Diagnostic]] = {}


@dataclass(frozen=True, kw_only=True)
class Diagnostic(ABC):
    """One mistake of a user. Subclasses say what, where and what to do about it."""

    code: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str] = ""
    help: ClassVar[str] = ""
    severity: ClassVar[str] = "error"

    span: Span | None = None

    def __init_subclass__(cls) -> None:
        """Register the class under its code, which is never used twice."""
        super().__init_subclass__()
        code = cls.__dict__.get("code")
        if code is None:
            return
        known = CODES.setdefault(code, cls)
        if known.__qualname__ != cls.__qualname__:
            msg = f"{code} is both {known.__name__} and {cls.__name__}"
            raise RuntimeError(msg)
        CODES[code] = cls

    def facts(self) -> dict[str, object]:
        """The fields by name, for the wording."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def labels(self) -> list[tuple[Span, str]]:
        """Every place that took part, with the few words that belong under it."""
        return [(self.span, self.label.format(**self.facts()))] if self.span else []

    @property
    def headline(self) -> str:
        """The first line: it stands alone."""
        return f"{self.severity}[{self.code}]: {shortened(self.title.format(**self.facts()))}"

    def __str__(self) -> str:
        """The whole message, its lines as long as they are: a log or a test folds nothing."""
        return render(self, UNFOLDED)


class RecipeError(Exception):
    """What a recipe, a setting or its data got wrong; every mistake of a reading at once."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        """Every message, with an empty line between two."""
        return self.told(UNFOLDED)

    def told(self, width: int = WIDTH) -> str:
        """The messages for a terminal of this width."""
        return "\n\n".join(render(one, width) for one in self.diagnostics)


def shortened(text: str) -> str:
    """A text in which long quotations, such as a whole loss, have lost their middle.

    >>> shortened("`" + "a + " * 100 + "a` is long")
    '`a + a + a + a + a + a + a + a + a + a +… + a + a + a + a + a` is long'
    """
    return QUOTED.sub(lambda at: f"`{at[1][:HEAD]}…{at[1][-TAIL:]}`", text)


def render(diagnostic: Diagnostic, width: int = WIDTH) -> str:
    """Draw a message: headline, place, lines with carets, help; long lines are folded."""
    words, _, title = diagnostic.headline.partition(" ")
    lines = hanging(f"{words} ", title, width)
    labels = [(span, shortened(words)) for span, words in diagnostic.labels()]
    margin = 0
    if labels:
        lead = diagnostic.span or labels[0][0]
        margin = len(str(max(span.line for span, _ in labels)))
        lines.append(f"{' ' * margin}--> {lead.source.path}:{lead.line}:{lead.column}")
        lines += excerpt(labels, margin, lead, width)
    help_text = shortened(diagnostic.help.format(**diagnostic.facts()))
    for part in filter(None, help_text.split("\n")):
        lines += hanging(f"{' ' * margin} = help: ", part, width)
    return "\n".join(map(printed, lines))
