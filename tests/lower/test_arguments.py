"""What `kdgraph.compile` and its like are given is what they take, or they say what it is."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import kdgraph

X = torch.zeros(4, 3, 8, 8)
Y = torch.tensor([0, 1, 2, 3])
SUP = "loss: cross_entropy(student.logits, y)\n"
TABLE = """
stages:
  - {name: near, compute: "neighbours(teacher.logits, 2)"}
  - name: student
    loss: cross_entropy(student.logits, y) + mean(student.logits)/columns(near[i])
"""


class Net(nn.Module):
    """Any network."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(x.mean((2, 3)))


def compiled(recipe=SUP, **words):
    return kdgraph.compile(recipe, **{"models": {"student": Net()}, "sample": X} | words)


def forward(x):
    return x


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ({"models": [Net()]}, TypeError, "models takes modules by the recipe's names"),
        ({"models": None}, TypeError, 'as in models={"student": net}, not None'),
        ({"models": Net()}, TypeError, 'as in models={"student": net}, not a'),
        ({"models": {"student": forward}}, TypeError, "the model 'student' is a function, not a"),
        ({"models": {"student": Net}}, TypeError, "is the class Net, not a torch.nn.Module: make"),
        ({"models": {3: Net()}}, TypeError, "models takes names as text, not 3"),
        ({"sample": {"image": X}}, TypeError, 'not a dict: give the images in it, as in batch["'),
        ({"sample": (X, Y)}, TypeError, "not a tuple: give the images in it, as in batch[0]"),
        ({"sample": X.numpy()}, TypeError, "not a numpy.ndarray: give torch.as_tensor(sample)"),
        ({"sample": None}, TypeError, "sample takes a batch of images as a tensor, not None"),
        ({"sample": X[0, 0, 0]}, ValueError, "such as (b, c, h, w), not a tensor of (8,)"),
        ({"given": "w"}, TypeError, "given takes a list of names, as in given=['w']"),
        ({"given": {"w": X}}, TypeError, "given takes a list of names, not a dict"),
        ({"given": [3]}, TypeError, "given takes a list of names, and 3 is not one"),
        ({"given": None}, TypeError, "given takes a list of names, not None"),
        ({"set": ["T=4"]}, TypeError, 'set takes values by name, as in set={"T": 4}, not a list'),
        ({"set": {3: 4}}, TypeError, "set takes names as text, not 3"),
        ({"classes": "4"}, TypeError, "classes takes a whole number, not '4'"),
        ({"classes": True}, TypeError, "classes takes a whole number, not True"),
        ({"classes": 0}, ValueError, "classes is 1 at least, not 0"),
        ({"examples": 2.5}, TypeError, "examples takes a whole number, not 2.5"),
        ({"examples": -1}, ValueError, "examples is 1 at least, not -1"),
        ({"examples": 5, "labels": Y}, ValueError, "there are 5 examples, but 4 labels"),
        ({"seed": "a"}, TypeError, "seed takes a whole number, not 'a'"),
        ({"dtype": "float32"}, TypeError, "dtype takes a floating-point type, such as torch.float"),
        ({"dtype": torch.int64}, TypeError, "not torch.int64"),
        ({"stage": 3}, ValueError, "the recipe has the stages student, not 3"),
        (
            {"labels": Y.float()},
            TypeError,
            "labels takes whole numbers, such as int64, not float32",
        ),
        ({"labels": Y[:, None]}, ValueError, "and these are of shape (4, 1)"),
        ({"labels": []}, ValueError, "and these are of shape (0,)"),
        ({"labels": Y - 1}, ValueError, "labels holds -1; classes count from 0"),
        ({"labels": "0123"}, TypeError, "as a tensor, an array or a list, not a str"),
        ({"labels": [[0], [1, 2]]}, TypeError, "as a tensor, an array or a list, not a list"),
        ({"tables": [Y]}, TypeError, "tables takes tensors by the names of stages, not a list"),
        ({"tables": {"near": Y}}, ValueError, "no stage called 'near' computes a table"),
    ],
)
def test_an_argument_of_another_type_or_range_is_refused(words, kind, said):
    with pytest.raises(kind, match=re.escape(said)):
        compiled(**words)


@pytest.mark.parametrize(
    ("table", "kind", "said"),
    [
        (torch.zeros(9, 2).long(), ValueError, "'near' is (8, 2) in the recipe, but the value"),
        (torch.zeros(8, 1).long(), ValueError, "but the value given has the shape (8, 1)"),
        (torch.zeros(8, 2), TypeError, "the table 'near' takes whole numbers, such as int64"),
        (torch.full((8, 2), -1), ValueError, "the table 'near' holds -1; its numbers count from 0"),
        (torch.ones(8, 2).to_sparse(), ValueError, "is sparse: give `table.to_dense()`"),
        ("near.pt", TypeError, "the table 'near' takes a row for each training example, as a"),
    ],
)
def test_a_table_is_compared_with_the_stage_that_computes_it(table, kind, said):
    models = {"teacher": Net(), "student": Net()}
    with pytest.raises(kind, match=re.escape(said)):
        compiled(TABLE, models=models, examples=8, tables={"near": table})
    step = compiled(TABLE, models=models, examples=8, tables={"near": [[0, 1]] * 8})
    assert step(X, Y, Y).total.isfinite()


def test_models_may_be_a_module_dict():
    assert compiled(models=nn.ModuleDict({"student": Net()}))(X, Y).total.isfinite()


@pytest.mark.parametrize("made", [list, tuple, np.array, torch.tensor])
def test_labels_may_be_a_list_or_an_array(made):
    labels = made([0, 1, 2, 3, 0, 1, 2, 3])
    models = {"teacher": Net(), "student": Net()}
    step = compiled("crd", models=models, labels=labels, set={"K": 2})
    step.clock(epoch=1, epochs=1)

    assert step(X, Y, torch.arange(4)).total.isfinite()
    assert len(step.memory["crd.M_s"].rows) == 8


@pytest.mark.parametrize("recipe", [None, 3, b"kd", ["kd"], {"loss": "sup"}])
@pytest.mark.parametrize("take", [kdgraph.load, kdgraph.check, compiled])
def test_a_recipe_is_text_or_a_path(take, recipe):
    with pytest.raises(TypeError, match="a recipe takes a path, the name of a shipped recipe, or"):
        take(recipe)


@pytest.mark.parametrize("take", [kdgraph.load, kdgraph.check])
def test_other_values_are_given_by_name(take):
    with pytest.raises(TypeError, match=r"set takes values by name, as in set=\{"):
        take("kd", set="β=1")


def test_a_setting_is_text_or_a_path():
    with pytest.raises(TypeError, match="on takes the name or the path of a setting, not a list"):
        kdgraph.check("kd", on=["digits"])


@pytest.mark.parametrize(
    ("finite", "kind", "said"),
    [
        (1, TypeError, "commit takes a truth value, such as `total.isfinite()`, not an int"),
        (torch.tensor(1.0), TypeError, "not torch.float32"),
        (torch.tensor([True, False]), ValueError, "one truth value, not (2,): use `.all()`"),
    ],
)
def test_a_commit_takes_one_truth_value(finite, kind, said):
    with pytest.raises(kind, match=re.escape(said)):
        compiled().commit(finite)


@pytest.mark.parametrize("made", [bool, torch.tensor, lambda one: torch.tensor([one])])
def test_a_commit_that_was_not_finite_writes_nothing(made):
    models = {"teacher": Net(), "student": Net()}
    step = compiled("crd", models=models, labels=Y.repeat(4), set={"K": 2})
    step.clock(epoch=1, epochs=1)
    before = step.memory["crd.M_s"].rows.clone()
    for finite in (False, True):
        step(X, Y, torch.arange(4))
        step.commit(made(finite))
        assert torch.equal(step.memory["crd.M_s"].rows, before) is not finite
