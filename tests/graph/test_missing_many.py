"""A word that takes several arguments of one kind takes at least one."""

from __future__ import annotations

import pytest

import kdgraph

SUP = "cross_entropy(student.logits, y)"


@pytest.mark.parametrize("call", ["mlp(student.features)", "concat()", "concat(over=1)"])
def test_none_is_a_mistake(call):
    (mistake,) = kdgraph.check(f"loss: {SUP} + mean({call})\n")

    assert mistake.code == "KD212"


def test_a_turn_by_no_angle_is_one():
    text = f"loss: {SUP} + mean(student(r).logits)\nviews:\n  r: rotate(image)\n"

    assert [one.code for one in kdgraph.check(text)] == ["KD212"]
