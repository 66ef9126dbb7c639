"""`kdgraph list` as a command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from kdgraph.cli import app
from kdgraph.lang.diagnostics import RecipeError


def listed(*words: str):
    return CliRunner().invoke(app(), ["list", *words])


def test_a_list_is_printed():
    result = listed("settings")

    assert result.exit_code == 0
    assert result.output.startswith("settings\n")
    assert "  digits " in result.output


def test_all_lists_are_printed_when_none_is_named():
    output = listed().output

    for heading in ("recipes", "settings", "functions of tensors", "networks", "data sets"):
        assert f"{heading}\n" in output
    assert "KD101" not in output


def test_an_unknown_list_is_a_diagnostic():
    result = listed("modles")

    assert isinstance(result.exception, RecipeError)
    assert "did you mean `models`?" in str(result.exception)


@pytest.mark.parametrize("words", [["list"], ["list", "errors"], ["explain", "kl"], ["--help"]])
def test_asking_loads_no_torch(words):
    code = (
        f"import sys\nfrom kdgraph.cli import main\nsys.argv = ['kdgraph', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
