"""`--all` stands for every recipe that travels with the package; nobody to compare is a mistake."""

from __future__ import annotations

from typer.testing import CliRunner

from kdgraph import files
from kdgraph.cli import app
from kdgraph.compare import entrants


def test_all_recipes_take_part_once_and_those_named_first(monkeypatch):
    asked: list[str] = []

    def stop(recipes, *_, **__):
        asked.extend(recipes)
        raise KeyboardInterrupt

    monkeypatch.setattr(entrants, "entrants", stop)
    CliRunner().invoke(app(), ["compare", "mine.kd", "--all"])

    assert asked == ["mine.kd", *(path.stem for path in files.recipes())]


def test_no_recipe_at_all_is_a_mistake_of_two_words():
    done = CliRunner().invoke(app(), ["compare"])

    assert done.exit_code == 2
    assert "name the recipes to compare, or say `--all`" in " ".join(
        done.output.replace("│", " ").split()
    )
