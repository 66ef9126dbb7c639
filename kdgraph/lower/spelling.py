"""Names of the recipe as identifiers of Python: torch.fx would turn Greek letters into `_`."""

from __future__ import annotations

import re
import unicodedata
from keyword import iskeyword

from kdgraph.lang.syntax import LATIN

SHORT = {"lambda": "lam"}
TAKEN = {"clock", "parts", "applied", "self"}
"""what a program calls parts of its own"""
MARKS = {"\u0303": "_tilde", "\u0302": "_hat", "\u0304": "_bar", "'": "_prime"}


def spelled(name: str) -> str:
    """An ASCII identifier that reads like the name.

    >>> spelled("λ"), spelled("β_kd"), spelled("p'"), spelled("s.linear")
    ('lam', 'beta_kd', 'p_prime', 's_linear')
    """
    parts = []
    for letter in unicodedata.normalize("NFD", name):
        word = LATIN.get(letter, letter)
        parts.append(MARKS.get(word, SHORT.get(word, word)))
    text = re.sub(r"[^0-9A-Za-z_]+", "_", "".join(parts)).strip("_")
    text = text if text and not text[0].isdigit() else f"v_{text}"
    return f"{text}_" if iskeyword(text) or text in TAKEN else text
