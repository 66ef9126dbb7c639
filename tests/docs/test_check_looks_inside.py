"""A tap that no table knows is looked up in the real network, also by `kdgraph check`."""

from __future__ import annotations

import kdgraph

RECIPE = "loss: cross_entropy({tap}, y)\n"


def test_a_path_into_the_network_is_found():
    assert kdgraph.check(RECIPE.format(tap="linear(flatten(student.relu2), classes)")) == ()


def test_a_mistyped_tap_is_refused_with_the_nearest():
    (mistake,) = kdgraph.check(RECIPE.format(tap="student.logit"))

    assert mistake.code == "KD310"
    assert "did you mean `student.logits`?" in str(mistake)
