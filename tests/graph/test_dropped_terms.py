"""A term that is zero by its weight or by itself is dropped, so it may train nothing."""

from __future__ import annotations

import pytest

import kdgraph


@pytest.mark.parametrize("values", [{"kd": 0}, {"α": 0, "kd": "mean(teacher.logits)"}])
def test_what_is_dropped_is_no_mistake(values):
    found = kdgraph.check("kd", set=values)

    assert [one for one in found if one.severity == "error"] == []


def test_a_loss_of_nothing_but_zero_is_one():
    assert [one.code for one in kdgraph.check("ce", set={"sup": 0})] == ["KD404"]
