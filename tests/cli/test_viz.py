"""`kdgraph viz` draws into a file, or prints a tree."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from kdgraph.cli import app
from kdgraph.lang.diagnostics import RecipeError


def ask(*words: str):
    return CliRunner().invoke(app(), ["viz", *words])


def refusal(*words: str) -> str:
    result = ask(*words)
    assert isinstance(result.exception, RecipeError), result.output
    return str(result.exception)


def test_without_a_file_a_tree_is_printed():
    result = ask("kd")

    assert result.exit_code == 0
    assert result.output.startswith("Distilling the knowledge in a neural network\nkd.kd · arXiv")
    assert "├─ γ × sup  cross_entropy(student.logits, y)\n" in result.output
    assert "│     ╰╌ x  crop(image, pad=1) · b×1×8×8\n" in result.output


@pytest.mark.parametrize("ending", ["svg", "png", "html", "dot", "mmd"])
def test_a_picture_is_written_in_the_format_of_its_name(tmp_path, ending):
    file = tmp_path / "deep" / f"icd.{ending}"
    result = ask("icd", "-o", str(file))

    assert result.exit_code == 0, result.output
    assert result.output == f"{file}: 20 boxes, 24 arrows\n"
    assert file.stat().st_size > 500


def test_an_svg_holds_the_words_of_the_recipe(tmp_path):
    ask("icd", "-o", str(tmp_path / "icd.svg"), "--set", "α=0.25")
    words = "".join(ET.parse(tmp_path / "icd.svg").getroot().itertext())

    assert "Numbers: λ = 1, β = 1, α = 0.25." in words
    assert "β·α" in words


def test_a_setting_decides_models_and_shapes():
    assert "teacher.logits  frozen b×100" in ask("kd", "--on", "cifar100").output


def test_an_unknown_format_is_refused_before_anything_is_read():
    assert "KD690" in refusal("nothing-of-that-name", "-o", "x.pdf")


def test_a_recipe_with_mistakes_is_not_drawn(tmp_path):
    (tmp_path / "bad.kd").write_text("loss: cross_entropy(studnet.logits, y)\n")

    assert "did you mean `student`?" in refusal(str(tmp_path / "bad.kd"))


def test_an_unknown_stage_is_refused_with_those_there_are():
    assert "its stages are student" in refusal("kd", "--stage", "teacher")


def test_a_file_that_cannot_be_written_is_a_message(tmp_path):
    (tmp_path / "file").write_text("")

    assert "KD333" in refusal("kd", "-o", str(tmp_path / "file" / "kd.svg"))


def test_drawing_loads_no_torch(tmp_path):
    code = (
        "import sys\nfrom kdgraph.cli import main\n"
        f"sys.argv = ['kdgraph', 'viz', 'icd', '-o', {str(tmp_path / 'icd.png')!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
