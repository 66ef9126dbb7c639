"""What a step is given has the axes, the type and the range that the recipe has it with."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph

ROWS, CLASSES = 4, 4  # as many rows as classes: what is matched by size alone is matched wrongly
X = torch.randn(ROWS, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.tensor([2, 0, 3, 1])
Z = torch.randn(ROWS, CLASSES, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class Net(nn.Module):
    """Takes images of any size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.conv(x).mean((2, 3)))


@pytest.fixture
def models():
    torch.manual_seed(0)
    return {"teacher": Net(5).double(), "student": Net(3).double()}


@pytest.fixture
def compiled(models):
    def compiled(recipe, **words):
        return kdgraph.compile(recipe, **{"models": models, "sample": X} | words)

    return compiled


SUP = "loss: cross_entropy(student.logits, y)\n"
REGRESSION = "loss: mse(student.logits[:, 0], y)\n"
STORED = "loss: kd(stored ‖ student.logits)\nwhere: {stored: teacher.logits}\n"
WEIGHTED = (
    "loss: mean(w·cross_entropy(student.logits, y, reduce=none))\n"
    "where: {w: 'softmax(teacher.logits)[:, 0]'}\n"
)
SCALED = "loss: mean(student.logits/T)\nwhere: {T: 4}\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Y[:, None], "`y` is (b) in the recipe, but the value given has the shape (4, 1): leave"),
        (Y[None], "the shape (1, 4): leave out the axis of size 1, as in `y.squeeze(0)`"),
        (torch.eye(4), "the shape (4, 4); of one-hot labels give `y.argmax(dim=-1)`"),
        (torch.tensor(1), "`y` is (b) in the recipe, but the value given has the shape ()"),
        (Y[:3], "of the same images, but there are 4 of `x`, 3 of `y`"),
        (Y + 1, "`y` holds 4, but its numbers count from 0 to 3"),
        (Y - 1, "`y` holds -1, but its numbers count from 0 to 3; a mask leaves rows out"),
        (Y.to("meta"), "`y` is on meta, but the step is on cpu: give `y.to('cpu')`"),
    ],
)
def test_labels_of_another_shape_or_range_are_refused(compiled, value, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        compiled(SUP)(X, value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Y.double(), "`y` takes whole numbers, such as int64, and the value given is float64"),
        (Y > 0, "`y` takes whole numbers, such as int64, and the value given is bool"),
        (Y.tolist(), "`y` is a list, not a tensor: give `torch.as_tensor(y)`"),
        (Y.numpy(), "`y` is a numpy.ndarray, not a tensor: give `torch.as_tensor(y)`"),
        ("2031", "`y` is a str, not a tensor"),
    ],
)
def test_labels_of_another_type_are_refused(compiled, value, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        compiled(SUP)(X, value)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32])
def test_whole_numbers_of_any_width_are_labels(compiled, dtype):
    step = compiled(SUP)

    assert torch.equal(step(X, Y.to(dtype)).total, step(X, Y).total)


def test_labels_that_only_a_mask_lets_through_have_no_range(compiled):
    masked = compiled("loss: cross_entropy(student.logits, y, rows=y >= 0)\n")

    assert [one.ranged for one in masked.expects.inputs] == [False, False]
    assert compiled(SUP).expects.inputs[1].ranged


def test_labels_of_several_views_have_the_range_of_their_classes(compiled):
    step = compiled(
        "loss: cross_entropy(student(two).logits, y[origin(two)])\n"
        "views: {two: 'rotate(image, 0, 90)'}\n"
    )
    with pytest.raises(ValueError, match="`y` holds 4, but its numbers count from 0 to 3"):
        step({"two": X.repeat_interleave(2, 0)}, Y + 1)
    with pytest.raises(ValueError, match="`two` has 2 rows for each image, and 7 rows are no"):
        step({"two": X.repeat_interleave(2, 0)[:7]}, Y)


def test_targets_that_are_numbers_may_be_of_any_type_but_not_of_another_shape(compiled, models):
    step = compiled(REGRESSION)
    expected = F.mse_loss(models["student"](X)[:, 0], Y.double())

    for dtype in (torch.float64, torch.float32, torch.float16, torch.int64, torch.uint8):
        torch.testing.assert_close(step(X, Y.to(dtype)).total, expected, rtol=1e-9, atol=0)
    with pytest.raises(ValueError, match=r"`y` is \(b\) in the recipe"):
        step(X, Y.double()[:, None])
    with pytest.raises(TypeError, match="`y` takes numbers, and the value given is bool"):
        step(X, Y > 0)


@pytest.mark.parametrize(
    "value", [Z[:, :1], Z[:1], Z[:, None], Z[0], Z[:, :, None, None], Z.repeat(2, 1), Z[:2]]
)
def test_given_logits_of_another_shape_are_refused(compiled, value):
    with pytest.raises(ValueError, match=re.escape(str(tuple(value.shape)))) as caught:
        compiled(STORED, given=["stored"])(X, stored=value)

    assert "`stored` is (b, 4) in the recipe (`teacher.logits`)" in str(caught.value)


def test_given_logits_are_compared_though_their_model_is_not_there(models, compiled):
    step = compiled(STORED, given=["stored"], models={"student": models["student"]})
    soft = F.log_softmax(Z / 4, dim=1), F.log_softmax(models["student"](X) / 4, dim=1)
    expected = 16 * F.kl_div(soft[1], soft[0], log_target=True, reduction="batchmean")

    torch.testing.assert_close(step(X, stored=Z).total, expected, rtol=1e-9, atol=0)
    with pytest.raises(ValueError, match=r"`stored` is \(b, 4\) in the recipe"):
        step(X, stored=Z[:, :1])


@pytest.mark.parametrize(
    ("recipe", "good", "bad"),
    [
        ("mse(conv(student.conv, 5), v)", (4, 5, 8, 8), [(4, 5, 1, 1), (4, 1, 8, 8), (4, 5)]),
        ("mse(student.logits, v)", (4, 4), [(4, 1), (1, 4), (4,), (4, 4, 1)]),
    ],
)
def test_of_a_model_that_is_not_there_what_its_values_are_compared_with_is_known(
    models, compiled, recipe, good, bad
):
    text = f"loss: {recipe}\nwhere: {{v: teacher.block}}\n"
    step = compiled(text, given=["v"], models={"student": models["student"]})

    assert step(X, v=torch.ones(good).double()).total.isfinite()
    for shape in bad:
        with pytest.raises(ValueError, match=re.escape(str(shape))):
            step(X, v=torch.ones(shape).double())


def test_features_of_a_model_that_is_not_there_are_more_than_one_number(models, compiled):
    text = "loss: mean((student.logits - v)^2)\nwhere: {v: teacher.features}\n"
    step = compiled(text, given=["v"], models={"student": models["student"]})

    assert step(X, v=Z).total.isfinite()
    with pytest.raises(ValueError, match=r"`v` is \(b, \?\) in the recipe"):
        step(X, v=Z[:, :1])


def test_given_logits_are_raised_to_the_precision_of_the_loss(compiled):
    step = compiled(STORED, given=["stored"])

    half = Z.to(torch.bfloat16)
    assert torch.equal(step(X, stored=half).total, step(X, stored=half.double()).total)


def test_given_weights_are_one_for_each_row(compiled, models):
    step = compiled(WEIGHTED, given=["w"])
    w = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    each = F.cross_entropy(models["student"](X), Y, reduction="none")

    torch.testing.assert_close(step(X, Y, w=w).total, (w * each).mean(), rtol=1e-9, atol=0)
    with pytest.raises(ValueError, match=r"`w` is \(b\) in the recipe .* the shape \(4, 1\)"):
        step(X, Y, w=w[:, None])


def test_one_given_number_for_each_row_meets_every_column_of_its_row(compiled, models):
    text = "loss: mean(w·student.logits)\nwhere: {w: 'softmax(teacher.logits)[:, 0]'}\n"
    w = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    expected = (w[:, None] * models["student"](X)).mean()

    found = compiled(text, given=["w"])(X, w=w).total
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)


def test_a_number_of_the_recipe_is_given_as_one_number(compiled, models):
    step = compiled(SCALED, given=["T"])
    expected = models["student"](X).mean() / 2

    for value in (2, 2.0, np.float32(2), torch.tensor(2), torch.tensor(2.0)):
        torch.testing.assert_close(step(X, T=value).total, expected, rtol=1e-9, atol=0)
    for value in (torch.full((CLASSES,), 2.0), torch.full((1,), 2.0), torch.full((4, 1), 2.0)):
        with pytest.raises(ValueError, match=r"`T` is one number in the recipe \(`4`\)"):
            step(X, T=value)
    with pytest.raises(TypeError, match="`T` is a bool, not a tensor"):
        step(X, T=True)


def test_given_maps_are_compared_place_by_place(compiled):
    text = "loss: mse(conv(student.conv, 5), v)\nwhere: {v: teacher.conv}\n"
    step = compiled(text, given=["v"])

    assert step(X, v=torch.ones(4, 5, 8, 8).double()).total.isfinite()
    for shape in ((4, 5, 1, 1), (4, 1, 8, 8), (4, 5, 8), (4, 5, 8, 7)):
        with pytest.raises(ValueError, match=r"`v` is \(b, 5, 8, 8\) in the recipe"):
            step(X, v=torch.ones(shape).double())


def test_images_of_another_size_are_taken_where_no_size_is_computed_with(compiled, models):
    text = "loss: mse(conv(student.conv, 5), v)\nwhere: {v: teacher.conv}\n"
    x = X[:, :, :6]

    assert compiled(SUP)(x, Y).total.isfinite()
    given = compiled(text, given=["v"])
    assert given(x, v=models["teacher"].conv(x)).total.isfinite()
    with pytest.raises(ValueError, match=r"`v` is \(b, 5, 8, 8\) in the recipe"):
        given(x, v=torch.ones(4, 5, 1, 1).double())


def test_images_of_another_size_are_refused_where_the_recipe_computes_with_it(compiled):
    step = compiled("loss: sum(student.conv)/columns(flatten(student.conv, keep=2))\n")

    assert step(X).total.isfinite()
    for _ in range(2):
        with pytest.raises(ValueError, match="and the recipe computes with their size"):
            step(X[:, :, :6])


VIEWS = (
    "loss: mse(student(a).logits, student(b).logits)\nviews: {a: image, b: 'resize(image, 4)'}\n"
)


@pytest.mark.parametrize(
    ("recipe", "views", "words"),
    [
        (VIEWS, {"a": X[:, :, :4, :4], "b": X}, "`b` is (b, 3, 4, 4) as the step was compiled"),
        (VIEWS, {"a": X, "b": X[:2, :, :4, :4]}, "there are 4 of `a`, 2 of `b`"),
        (
            VIEWS.replace("'resize(image, 4)'", "flip(image)"),
            {"a": X, "b": X[:, :, :4, :4]},
            "these views have one size in the recipe, but `a` is (8, 8), `b` is (4, 4)",
        ),
        (SUP, X[:, :2], "`x` is (b, 3, 8, 8) as the step was compiled, but the value given"),
        (SUP, X[0], "the shape (3, 8, 8): one image is a batch as `x[None]`"),
        (SUP, X[:, :, :, :, None], "the shape (4, 3, 8, 8, 1): leave out the axis of size 1"),
    ],
)
def test_images_of_another_shape_are_refused(compiled, recipe, views, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        compiled(recipe)(views, Y)


def test_a_batch_of_no_images_is_refused(compiled):
    with pytest.raises(ValueError, match="a batch has at least one image, and this one has none"):
        compiled(SUP)(X[:0], Y[:0])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (X.numpy(), "`x` is a numpy.ndarray, not a tensor"),
        ([X], "`x` is a list, not a tensor"),
        ((X * 9).to(torch.uint8), "`x` takes floating-point numbers, as the sample was (float64)"),
        (X.to_sparse(), "`x` is sparse_coo: give `x.to_dense()`"),
        (X.to(torch.complex64), "`x` takes real numbers, and the value given is complex64"),
        ({"x": X, "z": X}, "this step takes x, y, not z"),
        ({"a": X}, "this step takes x, y, not a"),
        (None, "this step needs 'x'; it takes x, y"),
    ],
)
def test_images_of_another_type_are_refused(compiled, value, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        compiled(SUP)(value, Y)


def test_one_view_in_place_of_several_is_refused(compiled):
    with pytest.raises(TypeError, match="give the views as a dictionary by name"):
        compiled(VIEWS)(X, Y)


def test_what_a_step_does_not_need_is_not_looked_at(compiled):
    step = compiled("loss: kd(teacher.logits ‖ student.logits)\n")

    assert torch.equal(step(X, ["cat", "dog"], "nothing").total, step(X).total)


def crd(models, **words):
    labels = Y.repeat(4)
    step = kdgraph.compile("crd", models=models, sample=X, labels=labels, set={"K": 2}, **words)
    step.clock(epoch=1, epochs=2)
    return step


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (torch.arange(4) + 14, ValueError, "`i` holds 17, but its numbers count from 0 to 15"),
        (torch.arange(4) - 1, ValueError, "`i` holds -1, but its numbers count from 0 to 15"),
        (torch.arange(4)[:, None], ValueError, "`i` is (b) in the recipe, but the value given"),
        (torch.arange(4.0), TypeError, "`i` takes whole numbers, such as int64"),
        ([0, 1, 2, 3], TypeError, "`i` is a list, not a tensor: give `torch.as_tensor(i)`"),
    ],
)
def test_numbers_of_examples_are_compared_with_the_data(models, value, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        crd(models)(X, Y, value)


def test_numbers_of_examples_of_any_width_draw_alike(models):
    step = crd(models)

    assert torch.equal(step(X, Y, torch.arange(4).int()).total, step(X, Y, torch.arange(4)).total)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (torch.randn(1, 128), ValueError, "'M_s': this memory starts with (16, 128), not with"),
        (torch.randn(16, 128).tolist(), TypeError, "'M_s' starts memory: it takes a tensor"),
    ],
)
def test_the_start_of_memory_is_compared_with_it(models, value, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        crd(models, given=["M_s"])(X, Y, torch.arange(4), M_s=value)


def test_given_numbers_of_rows_are_compared_with_the_rows_there_are(models):
    step = crd(models, given=["J"])
    J = torch.tensor([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]])

    assert step(X, Y, torch.arange(4), J=J.int()).total.isfinite()
    with pytest.raises(ValueError, match="`J` holds 16, but its numbers count from 0 to 15"):
        step(X, Y, torch.arange(4), J=J + 11)
    assert step(X, Y, torch.arange(4), J=J[:, :2]).total.isfinite()
    with pytest.raises(ValueError, match=r"`J` is \(b, \?\) in the recipe \(`negatives\("):
        step(X, Y, torch.arange(4), J=J[:, 0])
    with pytest.raises(TypeError, match="`J` takes whole numbers, such as int64"):
        step(X, Y, torch.arange(4), J=J.double())


def test_ranges_on_a_device_are_compared_when_debugging_only(compiled, monkeypatch):
    step = compiled(SUP)
    looked: list[str] = []
    monkeypatch.setattr("kdgraph.lower.inputs.in_range", lambda one, _: looked.append(one.name))
    step = step.to("meta")
    x, y = X.to("meta"), Y.to("meta")
    step(x, y)
    assert looked == []
    step.debug = True
    step(x, y)
    assert looked == ["y"]


@pytest.mark.parametrize("words", [{"fullgraph": True}, {"fullgraph": True, "dynamic": True}])
def test_a_compiled_step_compares_too_and_has_no_graph_break(compiled, words):
    step = compiled(STORED, given=["stored"])
    expected = step(X, stored=Z).total
    torch.compiler.reset()
    whole = torch.compile(step, backend="eager", **words)

    torch.testing.assert_close(whole(X, stored=Z).total, expected, rtol=1e-9, atol=0)
    assert whole(X[:2], stored=Z[:2]).total.isfinite()
    with pytest.raises(Exception, match="Observed exception"):  # as Dynamo says it in one graph
        whole(X, stored=Z[:, :1])
    torch.compiler.reset()
    broken = torch.compile(step, backend="eager")
    with pytest.raises(ValueError, match=r"`stored` is \(b, 4\) in the recipe"):
        broken(X, stored=Z[:, :1])
