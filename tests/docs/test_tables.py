"""Tables and links of the documentation are complete, and point somewhere."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

import kdgraph
from kdgraph.graph.world import SIZES, SOURCES
from kdgraph.lang.condense import KEYS, Condensing
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.sections import SECTIONS
from kdgraph.lang.setting import Data, ModelSpec
from kdgraph.lang.stages import STAGE_KEYS
from tests.docs.pages import DOCS, PAGES, ROOT, headings, links, rows, text

WRITTEN = {"none": None, "true": True, "false": False}


def test_the_sections_of_a_recipe():
    assert set(rows("language", "section")) == set(SECTIONS)


def test_the_keys_of_condense_with_their_defaults():
    keys = rows("language", "key")
    defaults = {one.name: one.default for one in fields(Condensing)}

    for name in KEYS:
        written = keys[name][0].strip("`")
        assert written == {"value": "", "every": "epochs/rounds"}.get(name, written)
        if name not in {"value", "every", "form", "warmup"}:
            assert float(written) == defaults[name], name


def test_the_keys_of_a_stage():
    planned = {"compute"} if "`compute`" in text("language").split("## Not yet")[1] else set()

    assert set(rows("language", "key")) >= set(STAGE_KEYS) - planned


def test_the_keys_of_train_with_their_defaults():
    keys = rows("language", "key")

    for name, field in Protocol.model_fields.items():
        assert name in keys, name
        written = keys[name][0].strip("`")
        default = field.default_factory() if field.default_factory else field.default
        if written == "none":
            assert default in (None, {}), name
        elif isinstance(default, tuple):
            assert written.strip("[]").split(", ") == [str(one) for one in default], name
        elif isinstance(default, float):
            assert float(written) == default, name
        else:
            assert WRITTEN.get(written, written) in (default, str(default)), name


@pytest.mark.parametrize(
    ("heading", "model"), [("`data`", Data), ("an entry of `models`", ModelSpec)]
)
def test_the_keys_of_a_setting(heading, model):
    found = rows("language", heading)

    assert set(found) == set(model.model_fields)


def test_the_names_of_sources():
    assert set(rows("language", "name")) >= {*SOURCES, *SIZES}


def test_the_arguments_of_compile():
    assert set(rows("own-loop", "argument")) == set(inspect.signature(kdgraph.compile).parameters)


@pytest.mark.parametrize("page", PAGES)
def test_links_go_somewhere(page):
    for link in links(page):
        file, _, anchor = link.partition("#")
        here = DOCS / f"{page}.md"
        path = (here.parent / file).resolve() if file else here
        if not link.startswith("http"):
            assert path.exists(), link
            assert not anchor or anchor in headings(path), link


def test_every_path_that_contributors_are_sent_to_is_there():
    named = re.findall(
        r"`((?:kdgraph|recipes|tests|grammars|\.ci)/[\w./-]*)`", text("for-contributors")
    )

    assert named
    assert [one for one in named if not Path(ROOT, one).exists()] == []
