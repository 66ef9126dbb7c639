"""`check` tells every mistake of a recipe at once: those of its text, its names, its stages."""

from __future__ import annotations

import pytest

from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError


def test_mistakes_of_text_names_and_protocol_come_together_in_the_order_of_their_places():
    found = examine(
        "loss: sup + λ·kd\n"
        "where:\n"
        "  sup: cross_entropy(student.logits, y\n"
        "  kd:  kd(techer.logits ‖ student.logits)\n"
        "  λ:   0.5\n"
        "  spare: 3\n"
        "train: {optimzer: sgd}\n"
        "stages: [{name: all, epochs: 'epochs/', trains: [studnet]}]\n"
    ).analysis.mistakes

    assert [one.code for one in found] == ["KD104", "KD305", "KD306", "KD102", "KD309"]


def test_where_a_section_can_t_be_read_nothing_is_said_of_the_names_that_it_hides():
    with pytest.raises(RecipeError) as caught:
        examine("loss: sup + kd\nwere:\n  sup: cross_entropy(student.logits, y)\n  kd: 1\n")

    assert [one.code for one in caught.value.diagnostics] == ["KD306"]
