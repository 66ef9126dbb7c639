"""The Python that is shown is the Python that runs."""

from __future__ import annotations

import ast
import re

import pytest
import torch

import kdgraph
from kdgraph import files
from kdgraph.experiment import examine
from kdgraph.models.build import build
from kdgraph.show import plan, python, taps
from kdgraph.show.real import looked_at, step_of


@pytest.fixture(scope="module")
def step():
    torch.manual_seed(0)
    models = {name: build(f"convnet{width}", 10, channels=1) for name, width in
              (("teacher", 32), ("student", 8))}  # fmt: skip
    return kdgraph.compile("icd", models=models, sample=torch.zeros(4, 1, 8, 8))


def test_the_shown_code_computes_the_loss(step):
    x, y = torch.randn(4, 1, 8, 8), torch.tensor([1, 2, 3, 4])
    scope = {}
    exec(python.text(step), scope)  # the claim is that this is the code

    step.eval()
    shown = scope["forward"](step.program, x, y)

    assert torch.equal(shown["total"], step(x, y).total)
    assert set(shown["terms"]) == {"sup", "kd", "contrast", "kl_inv"}


def test_each_block_says_its_line_of_the_recipe(step):
    text = python.text(step)

    assert "    # icd.kd:6  kd: kd(teacher.logits ‖ student.logits, T=4)\n    teacher_taps" in text
    assert "    kl_inv = divergence.kl_log(log_softmax_3, log_softmax_2)\n" in text
    assert "    # the terms with their weights\n" in text
    assert "from kdgraph.losses import divergence, geometry" in text
    assert "# self.student: ConvNet, 496 parameters, trained\n" in text
    assert "# self.parts.θ: Learned(), 1 parameter\n" in text
    assert "None" not in text
    assert "kdgraph_" not in text


@pytest.mark.parametrize("recipe", [path.stem for path in files.recipes()])
def test_every_stage_of_every_recipe_can_be_shown_without_data(recipe):
    experiment = examine(recipe)
    for stage, _ in experiment.analysis.stages:
        text = python.text(step_of(experiment, stage.name))

        assert ast.parse(text).body
        total = "None" if stage.compute is not None else "total"
        assert f"'total': {total}" in text.replace('"', "'")


def test_a_recipe_that_is_no_file_is_told_as_well():
    models = {"student": build("convnet8", 10, channels=1)}
    source = "loss: sup\nwhere:\n  sup: cross_entropy(student.logits, y)  # labels\n"
    step = kdgraph.compile(source, models=models, sample=torch.zeros(4, 1, 8, 8))

    text = python.text(step, kdgraph.load(source).source)

    assert "    # <recipe>:3  sup: cross_entropy(student.logits, y)\n" in text


def test_a_plan_over_real_networks_tells_what_they_weigh():
    experiment = examine("icd-alone")
    text = plan.text(experiment.analysis, step=step_of(experiment))

    assert "parameters" in text.partition("trained\n")[2].partition("\n")[0]
    assert re.search(r"t\.linear  linear \d+→128, [\d,]+ parameters\n", text)
    assert "of its weights are used" in " ".join(text.split())


def test_networks_are_built_without_numbers():
    experiment = examine("kd")

    assert all(one.is_meta for one in step_of(experiment).parameters())


def test_taps_are_told_in_the_spelling_of_recipes():
    teacher, student = looked_at(examine("kd", "cifar10"))

    text = taps.text(teacher)
    assert text.startswith("teacher: resnet56\n\naliases\n  teacher.logits")
    assert "teacher.layer1[0].bn1" in text
    assert "b×64×8×8" in text
    assert "  student.logits" in taps.text(student)


def test_a_module_that_runs_several_times_is_listed_by_its_calls():
    student = next(one for one in looked_at(examine("kd", "imagenet")) if one.name == "student")
    text = taps.text(student)

    assert "student.preact[3]  b×512×7×7  layer4[1].relu.calls[-1].input" in text
    assert "student.layer1[0].relu.calls[1]" in text
    assert "student.layer1[0].relu.calls[1].input" not in text
    assert "student.relu " in text


@pytest.mark.parametrize(
    ("recipe", "line"), [("kcd-sskd", "sskd.kd:13  tf: kd("), ("kcd-crd", "crd.kd:5  sup: ")]
)
def test_a_line_of_the_recipe_that_was_extended_is_read_from_its_own_file(recipe, line):
    experiment = examine(recipe)  # whose name ends with that of the other

    text = python.text(step_of(experiment), experiment.recipe.source)

    assert f"    # {line}" in text
