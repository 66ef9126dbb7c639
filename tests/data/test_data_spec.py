"""What a setting may say about its data, and what is known before anything is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kdgraph.data.check import mistakes
from kdgraph.data.known import KNOWN, facts
from kdgraph.data.spec import DataSpec


def headlines(spec: DataSpec) -> list[str]:
    return [one.headline for one in mistakes(spec)]


@pytest.mark.parametrize("name", KNOWN)
def test_every_data_set_by_name_alone_is_fine_but_for_the_users_own(name):
    assert headlines(DataSpec(name, root="somewhere")) == []


def test_an_unknown_name_is_refused_with_the_nearest_one():
    (found,) = mistakes(DataSpec("cifar_10"))

    assert str(found) == (
        "error[KD600]: no data set is called `cifar_10`\n = help: did you mean `cifar10`?"
    )


def test_a_name_near_to_nothing_is_answered_with_all_of_them():
    (found,) = mistakes(DataSpec("qqq"))

    assert "the data sets are digits, synthetic, cifar10" in str(found)


@pytest.mark.parametrize("name", ["folder", "parquet"])
def test_the_users_own_data_need_a_root(name):
    assert headlines(DataSpec(name)) == [f"error[KD614]: `{name}` data have no `root`"]


@pytest.mark.parametrize(
    ("amounts", "field", "found"),
    [
        ({"fraction": 0.0}, "fraction", "0.0"),
        ({"fraction": 1.5}, "fraction", "1.5"),
        ({"fraction": float("nan")}, "fraction", "nan"),
        ({"label_noise": 1.0}, "label_noise", "1.0"),
        ({"label_noise": -0.1}, "label_noise", "-0.1"),
        ({"size": 0}, "size", "0"),
        ({"size": 100_000}, "size", "100000"),
        ({"channels": 2}, "channels", "2"),
        ({"classes": 1}, "classes", "1"),
        ({"limit": 0}, "limit", "0"),
        ({"test_limit": -1}, "test_limit", "-1"),
    ],
)
def test_an_amount_out_of_range_is_refused(amounts, field, found):
    assert headlines(DataSpec("digits", **amounts)) == [f"error[KD612]: `data.{field}` is {found}"]


def test_all_mistakes_are_found_at_once():
    assert len(headlines(DataSpec("cifer10", fraction=2, limit=0))) == 3


def test_the_settings_own_numbers_win_over_the_known_ones():
    known = facts(DataSpec("cifar100", size=64, classes=20))

    assert (known.classes, known.height, known.width) == (20, 64, 64)
    assert known.mean == (0.5071, 0.4867, 0.4408)


def test_statistics_of_colour_are_not_used_for_grey():
    assert facts(DataSpec("cifar10", channels=1)).mean is None
    assert facts(DataSpec("cifar10", channels=3)).mean is not None


def test_known_statistics_have_a_number_for_each_channel():
    for known in KNOWN.values():
        if known.mean is not None and known.std is not None:
            assert len(known.mean) == len(known.std) == known.channels


def test_the_folder_is_root_else_under_the_environments_else_under_data(monkeypatch):
    monkeypatch.delenv("KDGRAPH_DATA", raising=False)
    assert DataSpec("cifar10").folder == Path("data/cifar10")

    monkeypatch.setenv("KDGRAPH_DATA", "elsewhere")
    assert DataSpec("cifar10").folder == Path("elsewhere/cifar10")
    assert DataSpec("cifar10", root="here").folder == Path("here")


def test_checking_a_data_section_imports_no_torch():
    program = (
        "import sys\n"
        "import kdgraph.data.check, kdgraph.views.steps, kdgraph.views.site\n"
        "print(sorted({'torch', 'numpy', 'PIL', 'pyarrow', 'torchvision'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
