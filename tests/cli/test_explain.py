"""`kdgraph explain` as a command."""

from __future__ import annotations

from typer.testing import CliRunner

from kdgraph.cli import app
from kdgraph.lang.diagnostics import RecipeError


def explained(name: str):
    return CliRunner().invoke(app(), ["explain", name])


def test_an_explanation_is_printed():
    result = explained("kl")

    assert result.exit_code == 0
    assert result.output.startswith("kl(target, guess, reduce=rows, rows=none)\n")


def test_a_code_is_explained():
    assert explained("KD331").output.startswith("error[KD331]: nothing to explain is called `…`")


def test_an_unknown_name_is_a_diagnostic():
    result = explained("softmx")

    assert isinstance(result.exception, RecipeError)
    assert str(result.exception) == (
        "error[KD331]: nothing to explain is called `softmx`\n = help: did you mean `softmax`?"
    )
