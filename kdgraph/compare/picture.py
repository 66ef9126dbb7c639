"""The rows of a comparison as a picture."""

from __future__ import annotations

from kdgraph.compare.entrants import ALONE
from kdgraph.compare.report import Report
from kdgraph.train.table import mean, standard_error
from kdgraph.viz.dots import Dot, DotRow, dots_svg


def picture(report: Report) -> str:
    """Accuracy of each recipe, last and best, with the standard error; as SVG."""
    rows = [
        DotRow(
            row.name,
            _dot(row.last),
            _dot(row.best),
            note="" if row.last else "failed",
        )
        for row in report.rows
    ]
    title = f"compared on {report.setting}"
    return dots_svg(rows, title=title, words=report.caption, against=ALONE)


def _dot(shares: tuple[float, ...]) -> Dot | None:
    """In percent; nothing of nothing."""
    if not shares:
        return None
    values = tuple(100 * share for share in shares)
    return Dot(mean(values), standard_error(values), values)
