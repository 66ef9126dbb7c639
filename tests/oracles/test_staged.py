"""What the stages of FSP, AB, FT and ReviewKD train, and how their terms are weighed."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from kdgraph.experiment import examine
from kdgraph.lower.tapped import Tapped
from kdgraph.models.build import build
from tests.references import staged

X, Y = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(4)


def compiled(recipe: str, stage: str | None = None, **more: object):
    torch.manual_seed(0)
    models = {
        "teacher": build("convnet16", 10, channels=1),
        "student": build("convnet16", 10, channels=1),
    }
    return kdgraph.compile(recipe, models=models, sample=X, stage=stage, **more), models


def trained(step) -> set[str]:
    """Models, and the names of parts without those of their parameters."""
    return {
        part if part != "modules" else name.rpartition(".")[0] for part, name, _ in step.trained()
    }


@pytest.mark.parametrize(("recipe", "first"), [("fsp", "flow"), ("ab", "boundaries")])
def test_a_first_stage_without_labels_gives_the_student_its_start(recipe, first):
    step, models = compiled(recipe, first)
    step(X).total.backward()
    after, _ = compiled(recipe, "student")

    assert "y" not in step.inputs
    assert "student" in trained(step)
    assert models["student"].conv1.weight.grad.any()
    assert models["student"].fc.weight.grad is None
    assert list(after(X, Y).terms) == ["sup"]
    assert trained(after) == {"student"}


def test_fsp_takes_stem_and_stages_pair_by_pair():
    step, models = compiled("fsp", "flow")
    taps = [
        Tapped(models[name].eval(), ["conv1", "relu1", "relu2", "relu3"])
        for name in ("teacher", "student")
    ]
    step.eval()
    with torch.no_grad():
        t, s = (one(X) for one in taps)
        expected = sum(staged.fsp(t[i], t[i + 1], s[i], s[i + 1]) for i in range(3))

        torch.testing.assert_close(step(X).total, expected)


def test_ab_counts_each_stage_half_of_the_next_one():
    step, models = compiled("ab", "boundaries")
    taps = [
        Tapped(models[name].eval(), ["relu1.input", "relu2.input", "relu3.input"])
        for name in ("teacher", "student")
    ]
    step.eval()
    connectors = [one.connector for one in step.parts.ab.children()]
    with torch.no_grad():
        t, s = (one(X) for one in taps)
        each = [staged.ab(a, c.bn(c.conv(b))) for a, b, c in zip(t, s, connectors, strict=True)]

        torch.testing.assert_close(step(X).total, each[0] / 4 + each[1] / 2 + each[2])


def test_the_paraphraser_learns_first_and_is_left_alone_then():
    first, _ = compiled("ft", "paraphraser")
    second, _ = compiled("ft", "student")
    second(X, Y).total.backward()

    assert trained(first) == {"e1", "e2", "e3", "d1", "d2", "d3"}
    assert first.inputs == ("x",)
    assert trained(second) == {
        "student", "s1.conv", "s1.bn", "s2.conv", "s2.bn", "s3.conv", "s3.bn",
    }  # fmt: skip
    assert second.parts.e1.weight.grad is None


def test_the_factor_has_half_of_the_channels_at_the_size_of_the_map():
    step, _ = compiled("ft", "paraphraser")

    assert step.parts.e2.weight.shape == (8, 16, 3, 3)
    assert step.parts.d3.weight.shape == (16, 16, 3, 3)
    back = step.parts.d3(step.parts.d2(step.parts.d1(torch.zeros(1, 8, 4, 4))))
    assert back.shape == (1, 16, 4, 4)


@pytest.mark.parametrize(("epoch", "weight"), [(1, 0), (11, 2.5), (21, 5), (240, 5)])
def test_the_review_warms_up_for_20_of_240_epochs(epoch, weight):
    step, _ = compiled("reviewkd")
    step.clock(epoch=epoch, epochs=240, step=0)

    assert step(X, Y).weights["review"].item() == pytest.approx(weight)


def test_the_review_goes_from_the_deepest_stage_to_the_first():
    # a stage is fused with what came from deeper, so the first one's fusion trains all the others
    step, _ = compiled("reviewkd", set={"review": "review(t[-3], r3)"})
    step.clock(epoch=2, epochs=12, step=0)
    step(X, Y).terms["review"].backward()
    reached = {
        name.split(".")[0] for name, one in step.parts.named_parameters() if one.grad is not None
    }

    assert reached == {"review", "r", "r1", "r2", "r3"}


def test_boundaries_of_a_larger_teacher_map_are_averaged_down():
    assert not examine("ab", "cifar100-light").analysis.errors
