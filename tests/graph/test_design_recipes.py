"""The methods of the field, as recipes: all of them read, and their graphs are what they mean.

Words that this version may not have yet are known by signature only, for the test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kdgraph.compiler import Analysis, analyse
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.find import load_text
from kdgraph.lang.read import read_recipe
from tests.golden.networks import network, world
from tests.graph.stand_ins import stand_ins

FOLDER = Path(__file__).parent / "recipes"
NAMES = [path.stem for path in sorted(FOLDER.glob("*.kd"))]


def analysed(name: str) -> Analysis:
    recipe = read_recipe(load_text(FOLDER / f"{name}.kd"))
    known = [network(one) for one in recipe.chain or ("teacher", "student")]
    if name == "crd-ensemble":
        known = [network("teacher"), network("other", width=128), network("student")]
    if name == "bingo":
        known = [network("teacher", 128, 512), network("student")]
    with stand_ins():
        return analyse(recipe, world(*known, chain=recipe.chain))


def count(graph: LossGraph, op: str) -> int:
    return len(list(graph.find(op)))


def knobs(graph: LossGraph, op: str, knob: str) -> list[object]:
    return [graph.node(number).op.knob(knob) for number in graph.find(op)]


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_reads_and_builds_without_a_word(name):
    analysis = analysed(name)

    assert [str(one) for one in analysis.mistakes] == []
    for stage, built in analysis.stages:
        assert built.graph.terms or stage.compute is not None


def test_kd_has_two_terms_with_their_weights():
    (term, other) = analysed("kd").built().graph.terms

    assert (term.name, term.factor, other.name, other.factor) == ("sup", "γ", "kd", "α")


def test_icd_learns_two_projections_and_two_scalars():
    built = analysed("icd").built()

    assert sorted(built.parts) == ["b", "s.linear", "t.linear", "θ"]
    assert [term.factor for term in built.graph.terms] == ["", "λ", "β", "β·α"]
    assert count(built.graph, "param") == 2


def test_crd_has_a_bank_for_either_side_and_reads_it_before_it_is_written():
    graph = analysed("crd").built().graph

    assert knobs(graph, "bank", "momentum") == [0.5, 0.5]
    written = {name for one in graph.find("bank") for name in graph.node(one).op.writes}
    assert {name.partition(".")[2] for name in written} == {"M_s", "M_t"}
    assert len({name.partition(".")[0] for name in written}) == 1
    assert not any(graph.node(one).trained for one in graph.find("bank"))
    assert [str(axis) for axis in graph.node(next(graph.find("columns"))).axes] == ["b", "16385"]
    assert count(graph, "once") == 2


def test_each_teacher_of_an_ensemble_has_modules_and_banks_of_its_own():
    built = analysed("crd-ensemble").built()
    names = [name for name in built.parts if name.endswith(("linear", "M_s", "M_t"))]

    assert len(names) == len(set(names)) == 8
    assert {name.split(".")[1] for name in names} == {"0", "1"}
    assert knobs(built.graph, "negatives", "k") == [16384]


def test_condensing_asks_for_a_value_of_each_image():
    graph = analysed("kcd").built().graph

    assert [str(axis) for axis in graph.node(graph.outputs["condense"]).axes] == ["b"]


def test_sskd_compares_rotated_images_with_upright_ones():
    analysis = analysed("sskd")
    head, student = (built.graph for _, built in analysis.stages)
    (cosine,) = head.find("cosine")

    assert [view.tag for view in analysis.views.views.values()] == ["b", "b", "3b"]
    assert [str(axis) for axis in head.node(cosine).axes] == ["3b", "b"]
    assert [name for name, built in analysis.stages[0][1].parts.items()] == ["head_t"]
    assert count(student, "keep") == 2
    assert not any(student.node(one).trained for one in student.find("keep"))


def test_the_temperature_of_ctkd_is_learned_against_the_loss():
    graph = analysed("ctkd").built().graph
    (reverse,) = graph.find("reverse")

    assert graph.node(reverse).trained
    assert knobs(graph, "clock", "name").count("epoch") >= 1
    assert count(graph, "param") == 1


def test_dlb_looks_at_the_batch_before():
    graph = analysed("dlb").built().graph
    (record,) = graph.find("delay")
    fields = {graph.node(one).op.knob("name"): graph.node(one) for one in graph.find("field")}

    assert [slot for slot, _ in graph.inputs(record)] == ["x", "y", "z"]
    assert {name: str(node.axes[0]) for name, node in fields.items()} == dict.fromkeys(
        "xyz", "b before"
    )
    assert fields["x"].sort == "Image"
    assert not any(node.trained for node in fields.values())
    assert [str(graph.node(one).axes[0]) for one in graph.find("concat")] == ["b before+b"] * 2
    assert all(graph.node(one).op.knob("alone") for one in graph.find("tap"))


def test_hsakd_has_a_branch_at_each_map():
    heads, student = (built for _, built in analysed("hsakd").stages)

    assert list(heads.parts) == ["h_t.0", "h_t.1", "h_t.2"]
    assert knobs(heads.graph, "branches", "place") == [0, 1, 2]
    assert knobs(heads.graph, "branches", "classes") == [40, 40, 40]
    assert sorted(student.parts) == [f"h_{side}.{place}" for side in "st" for place in range(3)]
    trained = {
        student.graph.node(one).op.knob("name"): student.graph.node(one).trained
        for one in student.graph.find("branches")
    }
    assert trained == {name: name.startswith("h_s") for name in trained}


def test_the_joint_labels_of_hsakd_stay_whole_numbers():
    graph = analysed("hsakd").stages[0][1].graph
    joint = next(one for one in graph.order() if graph.node(one).name == "joint")
    numbers = [graph.node(one).op.knob("value") for one in graph.reach(joint)]

    assert graph.node(joint).sort == "Labels"
    assert not any(isinstance(value, float) for value in numbers)


def test_dgkd_repeats_its_stage_for_each_student_of_the_chain():
    stages = analysed("dgkd").stages

    assert [stage.name for stage, _ in stages] == ["a1", "a2", "student"]
    assert [[name for name, _ in stage.trains] for stage, _ in stages] == [
        ["a1"],
        ["a2"],
        ["student"],
    ]
    assert [count(built.graph, "kl") for _, built in stages] == [1, 2, 3]
    assert [knobs(built.graph, "gate", "n") for _, built in stages] == [[0], [1], [2]]


def test_bingo_computes_bags_and_sees_other_images_of_them():
    analysis = analysed("bingo")
    (bags, first), (student, second) = analysis.stages
    steps = {step.name: step for step in analysis.views.steps}

    assert bags.compute is not None
    assert list(first.graph.outputs) == ["compute"]
    assert not first.graph.terms
    assert list(second.graph.outputs) == ["view j"]
    assert knobs(second.graph, "computed", "name") == ["bags"]
    assert steps["p"].op == "images"
    assert dict(steps["p"].knobs)["index"] == "j"
    assert steps["m"].inputs == ("q", "p")
    assert sorted(second.parts) == ["Q", "head"]
    assert dict(student.mode) == {"teacher": "train"}


def test_memory_that_only_another_stage_looks_at_is_not_written():
    first = analysed("bingo").stages[0][1]

    assert first.parts == {}
