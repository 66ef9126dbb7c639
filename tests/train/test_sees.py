"""How a model sees an image travels with its weights."""

from __future__ import annotations

import json

from kdgraph.experiment import examine
from kdgraph.train.sees import sees, sight

TEACHER, STUDENT = "teacher", "student"


def test_a_view_that_only_draws_is_the_image_itself_and_is_not_kept():
    analysis = examine("kd", "cifar10", {}).analysis

    assert sees(analysis, STUDENT) == {}
    assert sight({"model": "resnet8"}) is None


def test_each_of_two_models_keeps_its_own_channels_through_json():
    analysis = examine("crd-crossmodal", "cifar10", {}).analysis
    told = {name: json.loads(json.dumps(sees(analysis, name))) for name in (TEACHER, STUDENT)}
    light, colour = (sight(told[name]) for name in (TEACHER, STUDENT))

    assert (light.view, light.channels, light.steps[-1].op) == ("light", 3, "luminance")
    assert (colour.view, colour.channels, colour.steps[-1].op) == ("x", 3, "chrominance")
    kept = {step.name for step in (*light.steps, *colour.steps)}
    assert [step for step in analysis.views.steps if step.name in kept] == [
        *light.steps,
        colour.steps[-1],
    ]
