"""`kdgraph explain` as a command."""

from __future__ import annotations

from typer.testing import CliRunner

from kdgraph.cli import app
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.registry import REGISTRY


def explained(name: str):
    return CliRunner().invoke(app(), ["explain", name])


def test_an_explanation_is_printed():
    result = explained("kl")

    assert result.exit_code == 0
    assert result.output.startswith("kl(target, guess, reduce=rows, rows=none)\n")


def test_a_word_of_a_plugin_is_listed_and_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_added", {})
    (tmp_path / "mine.py").write_text(
        "from kdgraph.primitive import primitive\nfrom kdgraph.sorts import Scalar\n\n\n"
        "@primitive\ndef twice(v: Scalar) -> Scalar:\n"
        '    """Two times a number."""\n    return 2 * v\n'
    )
    plugin = ["--plugin", str(tmp_path / "mine.py")]

    said = CliRunner().invoke(app(), ["explain", "twice", *plugin]).output
    words = CliRunner().invoke(app(), ["list", "words", *plugin]).output

    assert said.startswith("twice(v)\na function of tensors, gives Scalar\n\nTwo times a number.\n")
    assert ["twice", "Two times a number"] in [line.split(None, 1) for line in words.splitlines()]


def test_a_code_is_explained():
    assert explained("KD331").output.startswith("error[KD331]: nothing to explain is called `…`")


def test_an_unknown_name_is_a_diagnostic():
    result = explained("softmx")

    assert isinstance(result.exception, RecipeError)
    assert str(result.exception) == (
        "error[KD331]: nothing to explain is called `softmx`\n = help: did you mean `softmax`?"
    )
