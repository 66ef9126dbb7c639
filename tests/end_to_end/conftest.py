"""A folder to run in, with one cache for all tests of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.command import Here


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path, cache, monkeypatch, capsys) -> Here:
    """`kdgraph` called in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "80")
    return Here(monkeypatch, capsys)
