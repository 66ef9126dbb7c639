"""What several ranks tell one another, read in the graph."""

from __future__ import annotations

import pytest

from kdgraph.compiler import analyse, load
from kdgraph.graph.graph import LossGraph
from kdgraph.passes import lean
from kdgraph.passes.coupling import is_row_by_row
from kdgraph.passes.share_rows import SHARING, share_rows
from kdgraph.primitive import Signature
from tests.golden.networks import network, world

KD = "loss: kd(teacher.logits ‖ student.logits) + {}"


def shared(recipe: str) -> LossGraph:
    analysis = analyse(load(recipe), world(network("teacher", 10), network("student", 10)))
    assert not analysis.errors, analysis.errors
    return share_rows(lean(analysis.built().graph))


def told(graph: LossGraph) -> list[str]:
    """Each exchange with the type of its value."""
    names = (graph.node(number) for number in graph.order())
    return [f"{node.op.name} {node.type}" for node in names if node.op.name in SHARING]


@pytest.mark.parametrize("recipe", ["kd", "ce", "at", "fitnet", "ickd", "ickd-cells", "tat-dense"])
def test_losses_of_single_rows_send_nothing_but_numbers(recipe):
    assert set(told(shared(recipe))) == {"pool_rows Scalar"}


def test_icd_gathers_its_two_embeddings_and_no_tap():
    gathers = [one for one in told(shared("icd")) if one.startswith("gather_rows")]

    assert gathers == ["gather_rows Tensor[b, 128]"] * 2


def test_what_all_ranks_compute_alike_needs_nothing_in_the_backward():
    graph = shared("icd")

    assert all(graph.node(one).op.knob("alike") for one in graph.find("gather_rows"))


def test_a_module_sees_the_rows_of_its_own_rank_so_that_dropout_draws_once_for_each():
    graph = shared(KD.format("mean(linear(center(student.features, over=0), 3)²)"))
    (module,) = graph.find("linear")

    assert graph.node(graph.sources(module)[0]).op.name == "own_rows"


def test_a_value_that_rows_have_in_common_is_pooled_before_they_use_it():
    graph = shared(KD.format("mean(student.features/mean(student.features²))"))
    pools = [graph.node(one).op.knob("alike") for one in graph.find("pool_rows")]

    assert sorted(map(bool, pools)) == [False, True, True]


@pytest.mark.parametrize("recipe", ["kd", "icd", "fitnet", "at"])
def test_sharing_twice_is_sharing_once(recipe):
    graph = shared(recipe)

    assert str(share_rows(graph)) == str(graph)


def test_a_word_of_a_plugin_couples_rows_unless_it_says_that_it_does_not():
    def word(origin: str, **flags: object) -> bool:
        made = Signature("w", (), "Tensor", "b", "", origin, flags=tuple(flags.items()))
        return is_row_by_row(made)

    assert not word("mine:w")
    assert word("mine:w", couples=False)
    assert word("kdgraph.losses.mine:w")
    assert not word("kdgraph.losses.mine:w", couples=True)
    assert not word("mine:w", couples=False, ordered=True)
