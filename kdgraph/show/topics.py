"""Short texts on parts of the language, shipped with the package as `topics/*.md`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from kdgraph.lang.protocol import Protocol
from kdgraph.lang.setting import Data, ModelSpec
from kdgraph.show.columns import columns, section
from kdgraph.show.reflow import reflow
from kdgraph.sorts import SORTS

HERE = Path(__file__).with_name("topics")
ALSO = "also: "
TABLES: dict[str, tuple[tuple[str, type[BaseModel]], ...]] = {
    "train": (("keys of `train:`", Protocol),),
    "setting": (("keys of `data:`", Data), ("keys of a model", ModelSpec)),
}


@cache
def topics() -> dict[str, str]:
    """The file of each topic, by its name and by the other names it goes by."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob("*.md")):
        found[path.stem] = path.stem
    for path in sorted(HERE.glob("*.md")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith(ALSO):
                for other in line.removeprefix(ALSO).split(", "):
                    found.setdefault(other, path.stem)
    return found


def topic(name: str) -> str:
    """The text of a topic, with the tables that belong to it."""
    text = (HERE / f"{topics()[name]}.md").read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    lines = [line for line in rest.split("\n") if not line.startswith(ALSO)]
    body = reflow("\n".join(lines)).replace("SORTS", columns(SORTS.items()))
    tables = "".join(f"\n\n{table}" for table in _tables(topics()[name]))
    return f"{heading.removeprefix('# ')}\n\n{body}{tables}\n"


def _tables(name: str) -> Iterator[str]:
    """Keys of sections whose entries are checked one by one, from where that is written."""
    for title, model in TABLES.get(name, ()):
        rows = ((key, field.description or "") for key, field in model.model_fields.items())
        yield section(title, rows)
