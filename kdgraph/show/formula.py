r"""Formulas of docstrings as plain text: `\frac{e^{z_k}}{\sum_j e^{z_j}}` to `e^(zₖ)/(Σⱼ e^(zⱼ))`.

Only the LaTeX that docstrings use is known; anything else stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kdgraph.lang.syntax import GREEK

GAP = "\0"
SIGNS = {
    "sum": "Σ", "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "star": "⋆", "to": "→",
    "in": "∈", "sim": "∼", "partial": "∂", "lVert": "‖", "rVert": "‖", "|": "‖", "langle": "⟨",
    "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "top": "ᵀ", "leftarrow": "←", "infty": "∞",
    "le": "≤", "ge": "≥", "ne": "≠", "neq": "≠", "times": "×", "odot": "⊙", "nabla": "∇",
    "varepsilon": "ε", "{": "{", "}": "}", "\\": "; ", "log": "log ", "ln": "ln ", "exp": "exp ",
    "cos": "cos ", "max": "max", "min": "min", "sgn": "sgn ", "quad": GAP, "qquad": GAP,
    ";": " ", ",": " ", "!": "", " ": " ", "left": "", "right": "", "bigl": "", "bigr": "",
    "textstyle": "",
}  # fmt: skip
NAMED = {"mathrm", "mathit", "mathbf", "operatorname", "mathbin", "text"}
RAISED = str.maketrans("0123456789+-−ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿⁱ")
LOWERED = str.maketrans("0123456789+-−=ijknop", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌ᵢⱼₖₙₒₚ")
PIECES = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\s+|.", re.DOTALL)
ATOM = re.compile(
    r"[\w.′'ᵀ]+|‖[^‖]*‖|\|[^|]*\||⟨[^⟩]*⟩|\([^()]*\)|\w+\^?\([^()]*\)|∂ ?\w+(\(\w+\))?"
)


def formulas(doc: str) -> list[str]:
    """The displayed formulas of a docstring, as plain text."""
    return [plain(found) for found in re.findall(r"\$\$(.*?)\$\$", doc, re.DOTALL)]


def inline(words: str) -> str:
    r"""Running text with its small formulas as plain text.

    >>> inline(r"the factor $\tau^2$ keeps the scale")
    'the factor τ² keeps the scale'
    """
    return re.sub(r"\$([^$]+)\$", lambda found: plain(found.group(1)), words)


def plain(latex: str) -> str:
    r"""A formula as one line of text.

    >>> plain(r"\frac{v}{\max(\lVert v \rVert_2, 10^{-12})}")
    'v/max(‖v‖₂, 10⁻¹²)'
    """
    text = _Reader(latex).all()
    text = re.sub(r"\s+", " ", text).replace("( ", "(").replace(" )", ")").replace(" ,", ",")
    text = re.sub(rf" ?{GAP} ?", "  ", text).replace("∂ ", "∂").replace(" ;", ";")
    text = re.sub(r"‖ *([^‖]*?) *‖", r"‖\1‖", text)
    text = re.sub(r"([⟨⌊]) *([^⟩⌋]*?) *([⟩⌋])", r"\1\2\3", text)
    return re.sub(r"(log|ln|exp|cos|sgn) \(", r"\1(", text).replace(" ‖‖ ", " ‖ ").strip()


class _Reader:
    """Reads signs from the left; groups are read by calling itself."""

    def __init__(self, latex: str) -> None:
        self.signs: list[str] = PIECES.findall(latex)
        self.at = 0
        self.before = ""

    def all(self) -> str:
        return "".join(self._pieces(""))

    def _pieces(self, end: str) -> Iterator[str]:
        while self.at < len(self.signs):
            sign = self.signs[self.at]
            self.at += 1
            if sign == end:
                return
            piece = self._piece(sign)
            self.before = self.before if sign.isspace() else sign
            yield piece

    def _piece(self, sign: str) -> str:
        if sign.startswith("\\"):
            return self._command(sign[1:])
        if sign in {"^", "_"}:
            return (_raised if sign == "^" else _lowered)(self._argument())
        if sign == "{":
            return "".join(self._pieces("}"))
        if sign == "&":
            return " " if self._next_is("\\text") else " if "
        return " " if sign.isspace() else sign.replace("-", "−")

    def _command(self, name: str) -> str:
        plain_name = name.rstrip("*")
        if plain_name in NAMED:
            words = self._argument()
            return f"{words} " if self._next_is_word() and plain_name == "operatorname" else words
        if plain_name == "frac":
            of_log = self.before in {"\\log", "\\ln"}
            above, below = self._argument(), self._argument()
            fraction = f"{_held(above)}/{_held(below)}"
            return f"({fraction})" if of_log else fraction
        if plain_name == "sqrt":
            inside = self._argument().strip()
            return f"√{inside}" if re.fullmatch(r"\w+", inside) else f"√({inside})"
        if plain_name in {"begin", "end"}:
            self._argument()
            return "{ " if plain_name == "begin" else " }"
        return SIGNS.get(plain_name, GREEK.get(plain_name, name))

    def _argument(self) -> str:
        while self.at < len(self.signs) and self.signs[self.at].isspace():
            self.at += 1
        if self.at >= len(self.signs):
            return ""
        sign = self.signs[self.at]
        self.at += 1
        return self._piece(sign)

    def _next_is(self, sign: str) -> bool:
        rest = [one for one in self.signs[self.at : self.at + 2] if not one.isspace()]
        return rest[:1] == [sign]

    def _next_is_word(self) -> bool:
        rest = self.signs[self.at : self.at + 1]
        return bool(rest) and rest[0] not in "([{_^" and rest[0] != "\\bigl"


def _raised(words: str) -> str:
    words = words.strip()
    if words == "ᵀ":
        return words
    raised = words.translate(RAISED)
    done = not set(words) & set(raised)
    return raised if done else f"^{words}" if len(words) == 1 else f"^({words})"


def _lowered(words: str) -> str:
    words = words.strip()
    lowered = words.translate(LOWERED)
    done = not set(words) & set(lowered)
    return lowered if done else f"_{words}" if words.isalnum() else f"_({words})"


def _held(words: str) -> str:
    """One side of a fraction, in brackets unless it holds together by itself."""
    words = words.strip()
    return words if ATOM.fullmatch(words) else f"({words})"
