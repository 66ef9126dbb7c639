"""Names that other programs use, and values in the wrong place, are answered with ours."""

from __future__ import annotations

import pytest

from kdgraph.experiment import examine, pairs_of
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.foreign import foreign_function, foreign_key
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source

CE = "cross_entropy(student.logits, y)"


def told(text: str, **values: str) -> str:
    try:
        errors = examine(read_recipe(Source("<recipe>", text)), values=values).errors
    except RecipeError as error:
        return str(error)
    return "\n".join(map(str, errors))


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("batch_size", ["batch", "eval_batch"], "batch"),
        ("Adam", ["sgd", "adamw"], "adamw"),
        ("RandomRotation", ["crop", "rotate"], "rotate"),
        ("ColorJitter", ["crop", "jitter"], "jitter"),
    ],
)
def test_a_name_of_other_programs_leads_to_ours(written, known, meant):
    said = foreign_key(written, known) or foreign_function(written, known)

    assert said == f"kdgraph calls it `{meant}`"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("epochs", "did you mean `train.epochs`?"),
        ("batch_size", "kdgraph calls it `train.batch`"),
        ("tain.epochs", "did you mean `train.epochs`?"),
        ("model.student", "did you mean `models.student`?"),
        ("student.name", "did you mean `models.student.name`?"),
        ("temperature", "kdgraph calls it `T`"),
        ("zzz", "the recipe has sup, kd, γ, α, T, loss"),
    ],
)
def test_a_name_that_can_not_be_set_leads_to_one_that_can(name, advice):
    with pytest.raises(RecipeError) as caught:
        examine("kd", values={name: "3"})

    assert caught.value.diagnostics[0].advice == advice


def test_set_without_a_value_says_so():
    with pytest.raises(RecipeError) as caught:
        pairs_of(["train.epochs"])

    assert str(caught.value) == (
        "error[KD337]: `--set train.epochs` does not say which value\n"
        " = help: write `--set train.epochs=…`, in one word"
    )


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("loss: F.cross_entropy(student.logits, y)", "functions stand alone"),
        (f"loss: 0,1*{CE}", "numbers are written with a point: `0.1`"),
        (
            f"loss: {CE} + mse(student.logits, seen)\nwhere: {{seen: table(teacher.logits)}}",
            "of a bank or a table `M`",
        ),
        (
            f"loss: {CE} + kd(teacher.logits ‖ student.logits, rows=0.5)",
            "`rows=keep(scores, y, 0.5)`",
        ),
        (
            f"loss: {CE}\nstages:\n  - {{name: a, lr: 0.1}}",
            "write it below `train`, as in `train: {lr: …}`",
        ),
        (
            f"loss: {CE}\nstages:\n  - {{name: a, train: [student]}}",
            "write `trains: […]` for what it trains",
        ),
        (f"loss: {CE}\ntrain: {{optimizer: adam}}", "did you mean `adamw`?"),
        (f"loss: {CE}\ntrain: {{epochs: [3]}}", "`kdgraph explain train` shows every key"),
    ],
)
def test_a_typical_mistake_is_answered_with_what_to_write(text, advice):
    assert advice in " ".join(told(text).split())
