"""What happened, on disk: one JSON object a line, in the order it happened."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kdgraph.train import atomic
from kdgraph.train.events import (
    Begun,
    Compared,
    Condensed,
    EpochResult,
    Evaluated,
    Event,
    Finished,
    Logged,
    Moment,
    Warned,
)

ENDS = ("event", "stage", "name", "data")
"""what tells one end of a training, or of its measuring, from another"""


@dataclass(frozen=True)
class Journal:
    """A listener that appends to a file.

    When a stage begins or goes on, lines that a killed process wrote after its last checkpoint
    are cut off, so that every step is in the journal once.
    """

    path: Path

    def __call__(self, event: Event) -> None:
        """Write a line, if the event is worth one."""
        if isinstance(event, Begun):
            self._rewind(event.at)
            if event.resumed:
                return
        line = entry(event)
        again = isinstance(event, (Finished, Compared))
        if line is not None and not (again and self._has(line)):
            with atomic.naming(self.path), self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _has(self, line: dict[str, object]) -> bool:
        """Whether an end is told already: a resumed run comes by it again."""
        kept = {name: line.get(name) for name in ENDS}
        return any({name: said.get(name) for name in ENDS} == kept for said in read(self.path))

    def _rewind(self, at: Moment) -> None:
        if not self.path.exists():
            return
        whole = _text(self.path)
        kept = "".join(_until(whole, at))
        if kept != whole:
            atomic.write_text(self.path, kept)


def read(path: Path) -> list[dict[str, object]]:
    """The entries of a journal; a line that was cut short or edited is left out."""
    lines = _text(path).splitlines(keepends=True) if path.exists() else []
    said = (_said(line) for line in lines if line.endswith("\n"))
    return [one for one in said if one is not None]


def entry(event: Event) -> dict[str, object] | None:
    """An event as the journal says it, or nothing."""
    match event:
        case Begun():
            return _at(event.at, "begin") | {"name": event.name, "epochs": event.epochs}
        case Logged():
            return _at(event.at, "steps") | {
                "total": event.total,
                "terms": dict(event.terms),
                "weights": dict(event.weights),
                "gradient": event.gradient,
                "lr": event.lr,
                "images_per_second": round(event.speed, 1),
            }
        case Evaluated():
            return _at(event.at, "epoch") | _epoch(event.result)
        case Condensed():
            return _at(event.at, "condense") | asdict(event.round)
        case Finished():
            seconds = round(event.seconds, 3)
            return _at(event.at, "end") | {"name": event.name, "seconds": seconds}
        case Compared():
            about = {"event": "fidelity", "name": event.name, "data": event.data}
            return about | dict(event.measures)
        case Warned():
            told = event.diagnostic
            return {"event": "warning", "code": told.code, "text": str(told)}
        case _:
            return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _said(line: str) -> dict[str, object] | None:
    """What a line says; nothing where a disk or a hand has spoilt it."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and "event" in said else None


def _until(text: str, at: Moment) -> list[str]:
    """The lines up to a moment. Later stages come later, so one cut is enough."""
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n") or _is_later(_said(line) or {}, at):
            break
        kept.append(line)
    return kept


def _is_later(said: dict[str, object], at: Moment) -> bool:
    """Whether a line tells of something after the moment; at step 0 nothing is done yet."""
    stage, step = said.get("stage"), said.get("step")
    if not isinstance(stage, int) or not isinstance(step, int):
        return False
    return stage > at.stage or (stage == at.stage and (step > at.step or at.step == 0))


def _at(moment: Moment, event: str) -> dict[str, object]:
    return {"event": event, "stage": moment.stage, "epoch": moment.epoch, "step": moment.step}


def _epoch(result: EpochResult) -> dict[str, object]:
    return {
        "total": result.total,
        "terms": dict(result.terms),
        "measures": dict(result.measures),
        "lr": result.lr,
        "seconds": round(result.seconds, 3),
        "images_per_second": round(result.speed, 1),
    }
