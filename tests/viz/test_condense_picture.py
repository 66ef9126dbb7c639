"""The picture of condensing is well-formed, and says what the rounds were."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from kdgraph.viz.condense_picture import RoundDrawn, condense_svg

NS = "{http://www.w3.org/2000/svg}"


def a_round(number, **more):
    told = {"epoch": 2 * number, "number": number, "examples": 100, "kept": 100 - 5 * number}
    bins = {"low": 0.5, "high": 2.0, "inside": (0, 3, 92), "outside": (4, 1, 0)}
    return RoundDrawn(**(told | bins | more))


def words(*rounds, epochs=12):
    root = ET.fromstring(condense_svg(rounds, name="a & b", epochs=epochs))
    return root, [one.text for one in root.iter(f"{NS}text")]


def test_each_round_has_its_words_and_its_bars():
    root, said = words(a_round(1), a_round(2))

    assert said[0] == "a & b: the training set, condensed"
    assert {"round 1", "epoch 2, 95.0 %", "round 2", "epoch 4, 90.0 %"} <= set(said)
    # paper, two swatches, and four bars a round: bins of zero have none
    assert len(list(root.iter(f"{NS}rect"))) == 1 + 2 + 2 * 4


def test_the_share_falls_in_steps_at_the_ends_of_the_epochs():
    root, _ = words(a_round(1), a_round(2))
    (path,) = [one for one in root.iter(f"{NS}path") if one.get("class") == "share"]

    # 546 pixels for 12 epochs, 100 for the whole share
    assert path.get("d") == "M150 106H241V111H332V116H696"


def test_of_many_rounds_some_are_drawn():
    _, said = words(*(a_round(number, kept=50) for number in range(1, 41)), epochs=80)
    drawn = [one for one in said if one.startswith("round ")]

    assert len(drawn) == 12
    assert (drawn[0], drawn[-1]) == ("round 1", "round 40")


@pytest.mark.parametrize("more", [{"low": 0.0, "high": 0.0}, {"inside": (), "outside": ()}])
def test_scores_that_are_all_one_or_none_are_drawn_without_a_fault(more):
    root, _ = words(a_round(1, **more))

    assert root.tag == f"{NS}svg"
