r"""Names of a recipe in LaTeX: `λ` is `\lambda`, `kl_inv` is upright with a subscript."""

from __future__ import annotations

import unicodedata

from kdgraph.lang.syntax import LATIN

TAPS = {"logits": "z", "features": "f", "maps": "F", "preact": r"\tilde{F}", "stem": "F"}
MARKS = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar"}
LITERAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}", "_": r"\_", "&": r"\&", "%": r"\%", "#": r"\#",
}  # fmt: skip
ALIKE = {"ο": "o"}


def name(word: str) -> str:
    r"""A name: one letter in italics, a word upright, what follows `_` lowered.

    >>> print(name("β_kd"), name("sup"), name("p'"), name("M_s"))
    \beta_{\mathrm{kd}} \mathrm{sup} p' M_{s}
    """
    head, mark, rest = word.rstrip("'").partition("_")
    primes = "'" * (len(word) - len(word.rstrip("'")))
    below = f"_{{{name(rest)}}}" if mark and rest else ""
    return f"{_letters(head)}{primes}{below}"


def _letters(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    if len(apart) == 2 and apart[1] in MARKS:  # noqa: PLR2004 - a letter and its mark
        return rf"\{MARKS[apart[1]]}{{{_letters(apart[0])}}}"
    if word in LATIN:
        return rf"\{LATIN[word]}"
    if len(word) <= 1 or (len(word) == 2 and word[1].isdigit()):  # noqa: PLR2004 - f1
        return word if len(word) <= 1 else f"{word[0]}_{{{word[1]}}}"
    greek = "".join(rf"\{LATIN[one]} " if one in LATIN else one for one in word)
    return rf"\mathrm{{{escaped(word)}}}" if greek == word else greek.strip()


def operator(word: str) -> str:
    """A function's name."""
    return rf"\operatorname{{{escaped(word)}}}"


def escaped(word: str) -> str:
    r"""Text that LaTeX takes literally, on one line.

    >>> print(escaped(r"50% of a_b\input{x}"))
    50\% of a\_b\textbackslash{}input\{x\}
    """
    return "".join(LITERAL.get(one, one) for one in " ".join(word.split()))


def tap(model: str, path: str) -> str:
    r"""A value inside a model: logits `z`, features `f`, maps `F`, with the model above.

    >>> print(tap("student", "logits"), tap("teacher", "maps[1]"))
    z^{\mathrm{student}} F_{1}^{\mathrm{teacher}}
    """
    head, bracket, place = path.partition("[")
    if head not in TAPS:
        return rf"\mathrm{{{escaped(f'{path}')}}}^{{{model_name(model)}}}"
    below = place.rstrip("]") if bracket else ("0" if head == "stem" else "")
    lowered = f"_{{{below}}}" if below else ""
    return f"{TAPS[head]}{lowered}^{{{model_name(model)}}}"


def model_name(model: str) -> str:
    """A model as a superscript."""
    return name(model)
