"""The views of a recipe as steps: what is drawn once, which rows there are, what comes first."""

from __future__ import annotations

import pytest

from kdgraph.compiler import analyse
from kdgraph.graph.views import ViewPlan, plan_views
from kdgraph.graph.vocabulary import library
from kdgraph.lang.parse import expression
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source
from tests.golden.networks import world
from tests.graph.stand_ins import stand_ins


def planned(views: str, augment: str | None = "crop(flip(image), pad=4)") -> ViewPlan:
    recipe = read_recipe(Source("mine.kd", f"loss: 1\nviews: {views}\n"))
    tree = expression(augment) if augment else None
    with stand_ins():
        return plan_views(recipe, tree, library(), world())


def steps(plan: ViewPlan) -> list[str]:
    return [f"{step.name} = {step.op}({', '.join(step.inputs)})" for step in plan.steps]


def test_without_a_section_the_setting_says_what_x_is():
    assert steps(planned("{}")) == ["x. = flip(image)", "x = crop(x.)"]
    assert steps(planned("{}", None)) == ["x = same(image)"]


def test_a_view_follows_what_it_needs_whatever_the_order_of_the_section():
    plan = planned("{rot: 'rotate(x, 90, 180)', x: flip(image)}")

    assert steps(plan) == ["x = flip(image)", "rot = rotate(x)"]
    assert list(plan.views) == ["rot", "x"]
    assert plan.views["rot"].tag == "2b"
    assert [step.rows for step in plan.steps] == [1, 2]


def test_randomness_is_shared_by_a_name_and_by_nothing_else():
    plan = planned("{f: flip(image), a: 'crop(f, pad=4)', b: 'crop(f, pad=4)', x: image}")
    sites = {step.name: step.site for step in plan.steps}

    assert steps(plan).count("f = flip(image)") == 1
    assert len({sites["f"], sites["a"], sites["b"]}) == 3


def test_the_site_of_a_draw_does_not_change_when_another_view_is_added():
    few = planned("{x: image, a: 'crop(flip(image), pad=4)'}")
    many = planned("{x: image, b: flip(image), a: 'crop(flip(image), pad=4)'}")
    sites = {step.name: step.site for step in few.steps}

    assert sites.items() <= {step.name: step.site for step in many.steps}.items()


def test_augment_is_the_setting_s_own_with_draws_of_its_own():
    plan = planned("{a: augment(image), b: augment(image), x: image}")
    sites = [step.site for step in plan.steps if step.op == "flip"]

    assert len(set(sites)) == 2
    assert "a = same(image)" in steps(planned("{a: augment(image), x: image}", None))


def test_a_slice_knows_what_it_is_a_slice_of():
    plan = planned("{all: 'rotate(image, 0, 90)', x: 'only(all, 1)'}")

    assert plan.views["x"].of == ("all", 1)
    assert plan.views["x"].tag == "b"


def test_other_images_are_taken_by_a_value_of_the_recipe():
    plan = planned("{x: image, p: 'flip(image[j])', q: 'image[bags[i]]'}")
    others = {step.name: dict(step.knobs)["index"] for step in plan.steps if step.op == "images"}

    assert others == {"p.": "j", "q": "bags[i]"}
    assert [len(plan.views[name].at) for name in "xpq"] == [0, 1, 1]


def test_a_second_name_is_the_same_view():
    plan = planned("{x: image, a: flip(x), b: a}")

    assert steps(plan)[-1] == "b = same(a)"


@pytest.mark.parametrize(
    ("views", "code"),
    {
        "{x: student.logits}": "KD511",
        "{x: flip(imag)}": "KD511",
        "{x: crp(image)}": "KD510",
        "{x: softmax(image)}": "KD510",
        "{x: 'crop(image, 1, 2)'}": "KD213",
        "{x: 'crop(image, pda=2)'}": "KD303",
        "{x: 'crop(image, pad=2, pad=3)'}": "KD303",
        "{x: flip()}": "KD212",
        "{x: augment()}": "KD212",
        "{x: 'flip(image, p=2)'}": "KD210",
        "{x: 'only(rotate(image, 0, 90), 3)'}": "KD217",
        "{x: a, a: x}": "KD401",
    }.items(),
)
def test_what_is_no_view_is_said(views, code):
    assert code in [one.code for one in planned(views).mistakes]


def test_a_circle_of_views_is_said_once():
    recipe = read_recipe(
        Source("mine.kd", "loss: mean(student.logits)\nviews: {x: b, b: c, c: x}\n")
    )

    assert [one.code for one in analyse(recipe, world()).errors] == ["KD401"]
