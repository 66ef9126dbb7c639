"""A program is readable Python in the recipe's words; each network runs once, frozen ones first."""

from __future__ import annotations

import re

import pytest
import torch

import kdgraph
from kdgraph.lower.cut import Cut
from kdgraph.lower.schedule import scheduled
from kdgraph.models.build import build
from tests.lower.small import Net, Small


@pytest.fixture(scope="module")
def step():
    torch.manual_seed(0)
    models = {"teacher": build("resnet20", 10), "student": build("resnet8", 10)}
    return kdgraph.compile("icd", models=models, sample=torch.randn(4, 3, 32, 32))


def statements(program):
    """Name and right side of each line, in order."""
    return dict(re.findall(r"^    (\w+) = (.*?)(?:;.*)?$", program.code, re.MULTILINE))


def small(text, **models):
    return kdgraph.compile(text, models=models, sample=torch.zeros(2, 3, 6, 6)).program


def test_the_names_of_the_recipe_are_those_of_the_code(step):
    names = list(statements(step.program))

    for name in ("sup", "kd", "contrast", "kl_inv", "S", "s", "t", "theta", "b", "total"):
        assert name in names


def test_each_network_runs_once(step):
    calls = [node.target for node in step.program.graph.nodes if node.op == "call_module"]

    assert calls.count("teacher") == calls.count("student") == 1


def test_the_frozen_network_runs_before_the_trained_one(step):
    names = list(statements(step.program))

    assert names.index("teacher_taps") < names.index("student_taps")


def test_what_a_frozen_network_looks_at_runs_before_it():
    text = "loss: mse(student.logits, teacher(2·x).logits)\n"
    names = list(statements(small(text, teacher=Net(4), student=Net(4))))

    assert names.index("mul") < names.index("teacher_taps") < names.index("student_taps")


def test_a_module_around_another_is_beside_it_under_their_name():
    text = """
    loss: sup + mse(e, teacher.conv)
    where:
      sup: cross_entropy(student.logits, y)
      e: bn(conv(student.conv, 4))
    """
    program = small(text, teacher=Net(4), student=Net(3))

    assert {name for name, _ in program.parts.named_parameters()} == {
        "e.conv.weight", "e.conv.bias", "e.bn.weight", "e.bn.bias"
    }  # fmt: skip


def test_a_schedule_of_nodes_is_complete_and_keeps_to_their_order(step):
    order = list(scheduled(step.graph))
    place = {number: at for at, number in enumerate(order)}

    assert sorted(order) == sorted(step.graph.order())
    for number in order:
        assert all(place[source] < place[number] for source in step.graph.sources(number))


def test_softmaxes_in_a_divergence_are_lowered_to_logarithms(step):
    code = step.program.code

    assert "probability_softmax" not in code
    assert code.count("kl_log(") == 2


def test_a_weight_of_one_costs_no_product(step):
    lines = statements(step.program)

    assert lines["add_1"] == "sup + kd"
    assert lines["mul_2"] == "0.5 * kl_inv"


def test_printed_code_carries_the_recipe_s_lines(step):
    printed = step.program.print_readable(print_output=False)

    assert re.search(
        r"# File: .*icd\.kd:5 in sup, code: cross_entropy\(student.logits, y\)", printed
    )


def test_every_statement_but_the_last_sum_knows_its_line(step):
    calls = [one for one in step.program.graph.nodes if one.op.startswith("call")]
    unknown = {node.name for node in calls if "icd.kd:" not in node.meta.get("recipe", "")}

    assert unknown == {"add_1", "add_2", "mul_2", "total"}


def test_a_network_that_is_trained_stays_whole_and_a_teacher_is_cut():
    text = "loss: mse(flatten(student.conv), flatten(teacher.conv))\n"
    program = small(text, teacher=Net(4), student=Net(4))
    teacher = program.teacher.network.module

    assert isinstance(teacher, Cut)
    assert teacher.how == "fx"
    assert teacher.kept < 1
    assert not any(isinstance(one, Cut) for one in program.student.modules())


def test_without_the_passes_nothing_is_cut_and_the_numbers_are_the_same():
    lean, plain = Small(), Small(optimise=False)

    assert not any(isinstance(one, Cut) for one in plain.step.modules())
    torch.testing.assert_close(plain.gradients(), lean.gradients(), rtol=1e-9, atol=1e-12)


def test_a_term_more_moves_no_other_module_s_start():
    def start(loss):
        text = f"loss: {loss}\nwhere:\n  a: mean(linear(student.features, 3))\n"
        text += "  c: mean(linear(student.logits, 2))\n" if "c" in loss else ""
        return small(text, student=Net(4)).parts.a.linear.weight

    torch.testing.assert_close(start("a"), start("c + a"), rtol=0, atol=0)
