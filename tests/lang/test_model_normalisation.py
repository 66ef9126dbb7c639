"""`mean` and `std` of a setting's model entry: numbers for each channel, both or neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.setting import Setting, read_setting
from kdgraph.normalisation import Normalisation

HEAD = "data: {name: synthetic, channels: 3, size: 8}\nmodels:\n  student: convnet8\n  teacher: "


def setting(folder: Path, entry: str) -> Setting:
    path = folder / "own.yaml"
    path.write_text(f"{HEAD}{entry}\n")
    return read_setting(path)


def refusal(folder: Path, entry: str) -> str:
    with pytest.raises(RecipeError) as refused:
        setting(folder, entry)
    return str(refused.value)


def test_an_entry_says_what_its_model_is_normalised_with(tmp_path: Path) -> None:
    made = setting(tmp_path, "{name: convnet8, mean: [0.5, 0, 1], std: [0.25, 1, 5e-1]}")

    assert made.models["teacher"].normalisation == Normalisation((0.5, 0, 1), (0.25, 1, 0.5))
    assert made.models["student"].normalisation is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("mean: [0.5, 0.5, 0.5]", "`models.teacher` takes both `mean` and `std`, or neither"),
        ("mean: [0.5, 0.5], std: [0.5]", "takes as many numbers in `mean` as in `std`"),
        ("mean: [124, 116, 104], std: [1, 1, 1]", "`models.teacher.mean` takes numbers from 0 to"),
        ("mean: [nan], std: [1]", "`models.teacher.mean` takes"),
        ("mean: [], std: []", "`models.teacher.mean` takes numbers from 0 to 1"),
        ("mean: [0.5], std: [0]", "`models.teacher.std` takes numbers above 0"),
        ("mean: [0.5], std: [-0.5]", "`models.teacher.std` takes numbers above 0"),
        ("mean: [0.5], std: [half]", "`models.teacher.std.0` takes a number"),
        ("mean: 0.5, std: 0.5", "`models.teacher.mean` takes a list"),
        ("means: [0.5], std: [0.5]", "did you mean `mean`?"),
    ],
)
def test_what_no_pixels_have_is_refused(tmp_path: Path, entry: str, words: str) -> None:
    assert words in refusal(tmp_path, f"{{name: convnet8, {entry}}}")


def test_a_number_for_each_channel_is_asked_for_before_anything_is_read(tmp_path: Path) -> None:
    setting(tmp_path, "{name: convnet8, mean: [0.5], std: [0.25]}")

    (mistake,) = examine("kd", str(tmp_path / "own.yaml")).errors

    assert mistake.code == "KD661"
    assert "`teacher` are 1 number for 3 channels" in mistake.headline


def test_the_command_line_says_it_too(tmp_path: Path) -> None:
    setting(tmp_path, "convnet8")
    values = {"models.teacher.mean": "[0.5, 0.5, 0.5]", "models.teacher.std": "[0.5, 0.5, 0.5]"}

    experiment = examine("kd", str(tmp_path / "own.yaml"), values)

    assert not experiment.errors
    told = experiment.setting.models["teacher"].normalisation
    assert told == Normalisation((0.5,) * 3, (0.5,) * 3)
