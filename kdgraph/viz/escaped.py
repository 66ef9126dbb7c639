"""Words inside SVG and HTML: what is markup becomes text, what XML cannot hold becomes a mark."""

from __future__ import annotations

import re
from html import escape

_BARRED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(words: str) -> str:
    """Words for the text of an element, or for an attribute between double quotes.

    >>> escaped('a < "b"' + chr(0))
    'a &lt; &quot;b&quot;�'
    """
    return escape(_BARRED.sub("\ufffd", words))
