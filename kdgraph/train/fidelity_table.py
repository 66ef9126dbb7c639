"""Fidelity as a small table: who says what the teacher says, on which images."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from kdgraph.train.closing import Likeness
from kdgraph.train.table import mean

COLUMNS = (
    ("agreement", "agree, %", 100, 2),
    ("kl", "KL, nats", 1, 4),
    ("ece", "ECE, %", 100, 2),
    ("nll", "NLL", 1, 4),
    ("accuracy", "right, %", 100, 2),
)
"""measure, heading, factor, digits"""
CAPTION = (
    "agree: names the teacher's class. KL(teacher ‖ student) at T = 1.\n"
    "ECE: confidence beside accuracy, in 10 bins. NLL: of the labels, in nats."
)
SEEDS = "\nmeans over {seeds} seeds; each of them is in result.json"


def is_told(rows: Sequence[Likeness]) -> bool:
    """Whether there is a teacher to be like."""
    return any("agreement" in one.measures for one in rows)


def table(rows: Sequence[Likeness]) -> Table:
    """For a terminal, 80 columns wide at most."""
    made = Table(title="fidelity", title_justify="left", caption=_caption(rows))
    made.caption_justify = "left"
    made.add_column("", justify="left")
    made.add_column("data", justify="left")
    for _, heading, _, _ in COLUMNS:
        made.add_column(heading, justify="right")
    for cells in _cells(rows):
        made.add_row(*cells)
    return made


def markdown(rows: Sequence[Likeness]) -> str:
    """For a README; nothing where there is no teacher."""
    if not is_told(rows):
        return ""
    heads = " | ".join(heading for _, heading, _, _ in COLUMNS)
    lines = ["", f"| | data | {heads} |", f"|---|---|{'---:|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join(cells)} |" for cells in _cells(rows)]
    return "\n".join([*lines, "", _caption(rows)]) + "\n"


def _cells(rows: Sequence[Likeness]) -> list[list[str]]:
    told = []
    for one in rows:
        cells = [one.name, one.data]
        for measure, _, factor, digits in COLUMNS:
            values = one.measures.get(measure)
            cells.append(f"{factor * mean(values):.{digits}f}" if values else "")
        told.append(cells)
    return told


def _caption(rows: Sequence[Likeness]) -> str:
    seeds = max((len(values) for one in rows for values in one.measures.values()), default=1)
    return CAPTION + (SEEDS.format(seeds=seeds) if seeds > 1 else "")
