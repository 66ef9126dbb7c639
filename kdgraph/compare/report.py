"""A comparison as text: for a terminal, for a README, for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.table import Table

from kdgraph.compare.rows import Row
from kdgraph.train.table import mean, spread, standard_error
from kdgraph.train.wording import clock

FORMAT = 1
PICTURE = "compare.svg"
MEBI = 1 << 20


@dataclass(frozen=True)
class Report:
    """A comparison that is done.

    Attributes:
        setting: its name.
        command: that gives the same once more.
        caption: networks, seeds and epochs, which every accuracy depends on.
        notes: what the columns mean, and what not all recipes share.
        failures: what is missing, by the title of its run.
        facts: more for a program: versions, device, folders.
    """

    setting: str
    command: str
    caption: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)


def table(report: Report) -> Table:
    """For a terminal of 80 columns."""
    made = Table(
        title=f"compared on {report.setting}", title_justify="left", box=box.SIMPLE_HEAD,
        caption="\n".join([*report.caption, *report.notes]), caption_justify="left",
        padding=(0, 1), pad_edge=False,
    )  # fmt: skip
    made.add_column("", overflow="fold")
    for heading in ("last, %", "best, %", "agree, %", "time", "memory"):
        made.add_column(heading, justify="right", no_wrap=True)
    for row in report.rows:
        agree = f"{100 * mean(row.agreement):.2f}" if row.agreement else ""
        made.add_row(row.name, _last(row), spread(row.best), agree, *_costs(row))
    return made


def markdown(report: Report) -> str:
    """For a README."""
    lines = [f"# Compared on {report.setting}", "", "```", report.command, "```", ""]
    heads = ("", "model", "last, %", "best, %", "agreement, %", "time", "peak memory")
    lines += [f"| {' | '.join(heads)} |", "|---|---|---:|---:|---:|---:|---:|"]
    for row in report.rows:
        cells = (row.name, row.model, _last(row), spread(row.best), spread(row.agreement))
        lines.append(f"| {' | '.join((*cells, *_costs(row)))} |")
    lines += ["", *(f"{one}  " for one in [*report.caption, *report.notes]), "", f"![]({PICTURE})"]
    if report.failures:
        lines += ["", "Missing:", ""]
        lines += [f"- {title}: {why}" for title, why in report.failures.items()]
    return "\n".join(lines) + "\n"


def numbers(report: Report) -> str:
    """For a program: every value of every seed, with mean and standard error."""
    rows = [
        {
            "name": row.name,
            "model": row.model,
            "seeds": row.seeds,
            "missing": row.missing,
            **{
                name: {"values": values, "mean": _known(mean(values)),
                       "standard_error": _known(standard_error(values))}
                for name, values in (
                    ("last", row.last), ("best", row.best), ("agreement", row.agreement),
                    ("seconds", row.seconds), ("peak_memory", row.memory),
                )
            },
        }
        for row in report.rows
    ]  # fmt: skip
    whole = {
        "format": FORMAT,
        "command": report.command,
        "setting": report.setting,
        **report.facts,
        "caption": [*report.caption, *report.notes],
        "rows": rows,
        "failures": dict(report.failures),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _last(row: Row) -> str:
    """The accuracy, and whether some of its seeds are missing."""
    if not row.missing:
        return spread(row.last)
    return f"{spread(row.last)} ({row.missing} failed)" if row.last else "failed"


def _costs(row: Row) -> tuple[str, str]:
    seconds = clock(mean(row.seconds)) if row.seconds else ""
    memory = f"{max(row.memory) / MEBI:.0f} MB" if row.memory else ""
    return seconds, memory


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
