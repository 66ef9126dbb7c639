"""Where each letter of a YAML value stands in the file, whatever its style did to it."""

from __future__ import annotations

SKIPPED = " \t\r\n\x85\u2028\u2029\\'\""
"""what folding, indentation and quoting put between the letters of a value"""


def aligned(value: str, text: str, start: int, end: int) -> tuple[int, ...] | None:
    r"""The place of each letter of `value` in `text[start:end]`.

    None where a letter is written as an escape, so that it does not stand there itself.

    >>> aligned("a b", "x: a\n   b", 3, 9)
    (3, 4, 8)
    """
    at, places = start, list[int]()
    for letter in value:
        if letter.isspace():
            places.append(min(at, end - 1))
            at += at < end and text[at].isspace()
            continue
        while at < end and text[at] != letter and text[at] in SKIPPED:
            at += 1
        if at >= end or text[at] != letter:
            return None
        places.append(at)
        at += 1
    return tuple(places)
