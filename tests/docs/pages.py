"""The blocks, tables and links of a page of documentation.

A comment `<!-- … -->` on the line before a block marks it:

    no-run: REASON      the block is only read
    mistakes: KD201     the recipe has these mistakes, and no others

A block whose first line is a comment with a file's name, such as `# my.kd`, is written to
that file in the page's own folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (
    "index", "language", "write-your-own", "own-loop", "settings-and-data", "compare", "networks",
    "for-contributors", "from-paper-to-recipe", "methods/kcd", "methods/ickd", "methods/tat",
)  # fmt: skip
MARK = re.compile(r"<!-- ([\w-]+)(?:: (.*?))? -->")
NAMED = re.compile(r"# ([\w./-]+\.(?:kd|yaml|py))(?:\s.*)?")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, what it is written in, and how it is marked."""

    page: str
    line: int
    language: str
    text: str
    mark: str = ""
    words: str = ""

    @property
    def file(self) -> str:
        """The file that the block is, if it says so."""
        found = NAMED.fullmatch(self.text.partition("\n")[0])
        return found.group(1) if found else ""

    def __str__(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"


def text(page: str) -> str:
    """A page as it is written."""
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    lines = text(page).splitlines()
    fence, before = 0, ""
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            before = line if line.strip() and not fence else before
        elif not fence:
            fence = number
        else:
            mark = MARK.fullmatch(before.strip())
            name, words = (mark.group(1), mark.group(2) or "") if mark else ("", "")
            inside = "\n".join(lines[fence : number - 1]) + "\n"
            language = lines[fence - 1].removeprefix("```").strip()
            yield Block(f"{page}.md", fence + 1, language, inside, name, words)
            fence, before = 0, ""
    assert not fence, f"{page}.md:{fence}: the block has no end"


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The tables whose first column has this heading: their other columns by the first."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in text(page).splitlines():
        if not line.startswith("|"):
            head = ""
            continue
        first, *rest = [one.strip() for one in re.split(r"(?<!\\)\|", line.strip("|"))]
        if not head:
            head = first
        elif head == heading and not set(line) <= set("|-: "):
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", first) or [first], rest)
    assert found, f"{page}.md has no table of {heading!r}"
    return found


def headings(path: Path) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    fenced = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    plain = fenced.sub("", path.read_text(encoding="utf-8"))
    found = re.findall(r"^#+ (.*)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


def links(page: str) -> list[str]:
    """Where the links of a page go."""
    return re.findall(r"\]\(([^)]+)\)", text(page))
