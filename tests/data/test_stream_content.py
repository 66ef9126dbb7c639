"""A stream is known by what its files hold, not by where they lie or when they were written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.train.contents import digest
from tests.data.tiny import png


def content(folder: Path) -> str:
    return digest(load(DataSpec("folder", root=str(folder)), budget=0))


def one_of(folder: Path, part: str = "train") -> Path:
    return min((folder / part).rglob("*.png"))


def test_the_same_files_elsewhere_and_later_are_the_same_data(class_folders, tmp_path):
    before = content(class_folders)
    shutil.copytree(class_folders, tmp_path / "copy")
    os.utime(one_of(tmp_path / "copy"), (1, 1))

    assert content(tmp_path / "copy") == before


def test_another_picture_of_the_same_name_and_time_is_other_data(class_folders):
    for part in ("train", "test"):
        before, file = content(class_folders), one_of(class_folders, part)
        then = file.stat().st_mtime_ns
        file.write_bytes(png(99))
        os.utime(file, ns=(then, then))

        assert content(class_folders) != before
