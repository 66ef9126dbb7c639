"""Numbers and knobs as they are written by hand."""

from __future__ import annotations


def number_text(value: object) -> str:
    """A number, or another value of a knob.

    >>> number_text(4.0), number_text(0.5), number_text(None), number_text(True)
    ('4', '0.5', 'none', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(number_text, value))}]"
    return "none" if value is None else str(value)
