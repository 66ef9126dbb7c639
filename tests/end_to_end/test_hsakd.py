"""HSAKD from the command line: what is exported has no heads."""

from __future__ import annotations

import pytest
from safetensors.torch import load_file

from kdgraph.models.build import build
from tests.end_to_end.command import Here, tiny


@pytest.mark.parametrize("recipe", ["hsakd", "hsakd-joint"])
def test_what_is_exported_is_the_network_alone(recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KDGRAPH_CACHE", str(tmp_path / "cache"))
    here = Here(monkeypatch, capsys)
    out = tmp_path / "out"
    code, _, err = here(
        "run", recipe, "--on", tiny(tmp_path), "--no-alone", "--out", out,
        "--set", "base=crop(image, pad=1)",
    )  # fmt: skip

    assert (code, err) == (0, "")
    exported = load_file(out / "student.safetensors")
    assert exported.keys() == build("convnet8", 4, channels=1).state_dict().keys()
