"""A student that starts from its teacher, in a whole run; and a table, found again by the next."""

from __future__ import annotations

import json

from tests.end_to_end.command import Here, tiny

BAGS = """
loss: sup + near
views: {x: augment(image), p: "augment(image[pick(bags[i])])"}
where:
  sup:  cross_entropy(student.logits, y)
  near: kd(teacher(p).logits ‖ student(p).logits)
stages:
  - {name: bags, compute: "neighbours(teacher.features, 3)"}
  - {name: student, trains: [student]}
"""


def test_all_of_the_way_to_the_teacher_is_the_teacher(here: Here, tmp_path):
    # at such a rate nothing is learnt, so the student stays where it began
    same = ("--set", "models.student.name=convnet16")
    whole = ("--set", "models.student.start.from=teacher", "--set", "models.student.start.share=1")
    still = ("--set", "train.lr=1e-9", "--set", "models.teacher.train.lr=0.1")
    command = ("run", "kd", "--on", tiny(tmp_path), "--no-alone", *same, *whole, *still)
    code, out, err = here(*command)

    assert (code, err) == (0, "")
    assert "student: 1 of the way from its start to teacher" in out
    fidelity = json.loads((tmp_path / "runs" / "kd" / "result.json").read_text())["fidelity"]
    (found,) = [
        one["agreement"] for one in fidelity if one["data"] == "train" and "agreement" in one
    ]
    assert min(found) > 0.8  # chance is 0.25; its batch norm has followed other batches


def test_a_table_is_computed_once_for_all_students(here: Here, tmp_path):
    recipe = tmp_path / "bags.kd"
    recipe.write_text(BAGS, encoding="utf-8")
    command = ("run", recipe, "--on", tiny(tmp_path), "--no-alone")
    first = here(*command, "--seeds", "2")
    second = here(*command, "--out", "again")

    assert first[0::2] == second[0::2] == (0, "")
    assert first[1].count("bags: a table of all training images, computed once, kept") == 1
    assert "bags: a table" not in second[1]
