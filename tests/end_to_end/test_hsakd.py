"""HSAKD from the command line: what teaches is made once, and what is exported has no heads."""

from __future__ import annotations

import pytest
from safetensors.torch import load_file

from kdgraph.models.build import build
from tests.end_to_end.command import Here, tiny

STAGES = {"hsakd": "heads", "hsakd-joint": "teacher"}


@pytest.mark.parametrize("recipe", STAGES)
def test_the_heads_are_made_once_and_not_exported(recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KDGRAPH_CACHE", str(tmp_path / "cache"))
    here, setting = Here(monkeypatch, capsys), tiny(tmp_path)
    said, exported = [], []
    for name in ("first", "again"):
        code, told, err = here(
            "run", recipe, "--on", setting, "--no-alone", "--out", tmp_path / name,
            "--set", "base=crop(image, pad=1)",
        )  # fmt: skip
        assert (code, err) == (0, "")
        said.append(told)
        exported.append(load_file(tmp_path / name / "student.safetensors"))

    assert f"{STAGES[recipe]}: trained once for all students" in said[0]
    assert f"{STAGES[recipe]}: from the cache" in said[1]
    assert exported[0].keys() == build("convnet8", 4, channels=1).state_dict().keys()
    assert all(exported[1][name].equal(one) for name, one in exported[0].items())
