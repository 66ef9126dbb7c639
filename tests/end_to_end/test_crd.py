"""CRD on a whole run: teachers as many as the setting names."""

from __future__ import annotations

from tests.end_to_end.command import SETTING, tiny

TWO = SETTING.replace(
    "  teacher: {name: convnet16, weights: train, train: {epochs: 2}}\n",
    "  wide: {name: convnet16, weights: train, train: {epochs: 1}}\n"
    "  slim: {name: convnet12, weights: train, train: {epochs: 1}}\n",
)


def test_an_ensemble_takes_all_the_teachers_of_the_setting_whatever_their_names(here, tmp_path):
    path = tiny(tmp_path, TWO)
    code, out, err = here("run", "crd-ensemble", "--on", path, "--quiet", "--set", "K=8")

    assert (code, err) == (0, "")
    assert "wide" in out
    assert "slim" in out


def test_a_relaxed_positive_trains(here, tmp_path):
    drawn = "J=negatives(i, 8, other=y, mode=relax)"
    code, _, err = here("run", "crd", "--on", tiny(tmp_path), "--quiet", "--set", drawn)

    assert (code, err) == (0, "")
