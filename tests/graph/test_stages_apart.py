"""A name that one stage uses is not judged by what another stage trains."""

from __future__ import annotations

import kdgraph

TWO = """
modules:
  head: mlp(8, classes)
where:
  sup: cross_entropy(student.logits, y)
  kd:  kd({first} ‖ {second})
stages:
  - {{name: head, trains: [head], loss: "cross_entropy(head(teacher.features), y)"}}
  - {{name: student, trains: [student], loss: sup + kd}}
"""


def test_a_target_that_an_earlier_stage_trained_is_no_mistake():
    text = TWO.format(first="head(teacher.features)", second="student.logits")

    assert kdgraph.check(text) == ()


def test_in_the_stage_that_uses_it_a_trained_target_is_one():
    text = TWO.format(first="student.logits", second="head(teacher.features)")

    assert [one.code for one in kdgraph.check(text)] == ["KD204"]
