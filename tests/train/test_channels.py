"""Networks, normalisation, lessons and measures follow the view that each model sees."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.train.cast import STUDENT, cast
from kdgraph.train.closing import fidelities
from kdgraph.train.lesson import students_lesson, teachers_lesson
from kdgraph.train.method import Place, share_right
from kdgraph.train.rehearsal import rehearse

CPU = torch.device("cpu")
SMALL = {
    "data.name": "synthetic", "data.classes": "3", "data.size": "8", "data.channels": "3",
    "data.limit": "30", "data.test_limit": "12", "models.teacher": "convnet16",
    "models.student": "convnet8", "train.batch": "10",
}  # fmt: skip
CROSS = """\
views:
  seen:   crop(flip(image), pad=1)
  light:  luminance(seen)
  colour: chrominance(seen)
  rest:   flip(image)
where:
  sup: cross_entropy(student(colour).logits, y)
  kd:  kd(teacher(light).logits ‖ student(colour).logits)
loss: sup + kd
"""


def cast_of(text, **more):
    return cast(examine(load(text), "digits", SMALL | more), seed=0)


def lightness(pixels):
    """L* by its definition, with NumPy, of uint8 (b, 3, h, w); from 0 to 1."""
    srgb = pixels.numpy().astype(np.float64) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    y = np.einsum("c,bchw->bhw", [0.2126729, 0.7151522, 0.0721750], linear)
    bent = np.where(y > (6 / 29) ** 3, np.cbrt(y), y / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.round(2.55 * (116 * bent - 16)) / 255


def test_each_network_has_the_channels_of_its_view():
    made = cast_of(CROSS)
    first = {name: next(net.parameters()).shape[1] for name, net in made.networks.items()}
    again = {name: next(net.parameters()).shape[1] for name, net in made.anew(1).items()}

    assert made.experiment.analysis.homes == {"teacher": "light", "student": "colour"}
    assert first == again == {"teacher": 1, "student": 2}


def test_normalisation_is_of_the_view_in_its_deterministic_form():
    made = cast_of(CROSS)
    light = lightness(made.split.train.pixels)
    scale = made.normalisations["teacher"]

    assert len(made.normalisations["student"].mean) == 2
    assert scale.mean == pytest.approx([light.mean()], abs=2e-4)
    assert scale.std == pytest.approx([light.std()], abs=2e-4)


def test_the_graph_knows_the_channels_and_the_size_of_a_view():
    views = "{a: luminance(image), b: 'center_crop(a, 6)', c: 'resize(image, 4)', x: image}"
    loss = "cross_entropy(student.logits, y)"
    world = examine(load(f"loss: {loss}\nviews: {views}\n"), "digits", SMALL).world

    sizes = {name: view.sizes for name, view in world.views.items()}
    assert sizes == {"a": (1, 8, 8), "b": (1, 6, 6), "c": (3, 4, 4), "x": (3, 8, 8)}


def test_a_teacher_learns_on_the_view_it_is_asked_with_and_is_kept_under_it():
    made, plain = (
        cast_of(CROSS),
        cast_of("loss: cross_entropy(student.logits, y) + kd(teacher.logits ‖ student.logits)\n"),
    )
    spec = made.experiment.setting.models["teacher"]
    lessons = [
        teachers_lesson(one.experiment, SMALL, "teacher", one.networks["teacher"], one.split)
        for one in (made, plain)
    ]
    own, usual = lessons

    assert own.experiment.analysis.homes[STUDENT] == "light"
    assert {step.op for step in own.experiment.analysis.views.steps} >= {"flip", "luminance"}
    assert "rest" not in own.experiment.analysis.views.views
    assert own.normalisation == made.normalisations["teacher"]
    assert own.facts("teacher", spec, 0, CPU)["seen"] == "light"
    assert "seen" not in usual.facts("teacher", spec, 0, CPU)


def test_the_student_alone_sees_what_the_student_sees():
    made = cast_of(CROSS)
    scale = made.normalisations[STUDENT]
    lesson = students_lesson(made.experiment, SMALL, made.networks[STUDENT], made.split, scale)

    assert lesson.experiment.analysis.homes[STUDENT] == "colour"
    assert not lesson.experiment.errors


def test_measures_look_through_each_model_s_own_view():
    made = cast_of(CROSS)
    place, models = Place(CPU), made.networks
    found = fidelities(
        made.experiment, {"s": ("student", models["student"])}, {"teacher": models["teacher"]},
        made.normalisations, made.split, place,
    )  # fmt: skip
    share = share_right(
        made.experiment, "teacher", models["teacher"], made.normalisations["teacher"],
        made.split, place,
    )  # fmt: skip

    assert found["teacher", "test"].accuracy == share
    assert found["s", "test"].agreement is not None


@pytest.mark.parametrize(
    ("views", "home"),
    [
        ("weak: flip(image)", "x"),
        ("weak: grey(image)", "weak"),
        ("weak: 'grey(image, p=0.2)'", "x"),
        ("weak: 'rotate(image, 0, 90)'", "x"),
        ("weak: 'resize(image, 4)'", "weak"),
    ],
)
def test_a_view_that_only_draws_is_measured_as_x(views, home):
    text = f"loss: cross_entropy(student(weak).logits, y[origin(weak)])\nviews: {{{views}}}\n"
    analysis = examine(load(text), "digits", SMALL).analysis

    assert not analysis.errors
    assert analysis.homes["student"] == home


@pytest.mark.parametrize(
    ("view", "more", "told"),
    [
        ("luminance(image)", {"data.channels": "1"}, "`luminance` cannot be made"),
        ("center_crop(image, 9)", {}, "`center_crop` cannot be made"),
    ],
)
def test_images_that_a_view_refuses_are_told_in_the_rehearsal(view, more, told):
    text = f"loss: cross_entropy(student.logits, y)\nviews: {{x: image, v: '{view}'}}\n"
    made = cast_of(text, **more)

    with pytest.raises(RecipeError) as caught:
        rehearse(made.experiment, made.networks, made.normalisations, made.split, Place(CPU))

    assert told in str(caught.value)
    assert view in caught.value.diagnostics[0].span.text
