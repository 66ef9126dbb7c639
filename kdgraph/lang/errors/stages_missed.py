"""The mistake of a used recipe whose first stage is not there."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class StageMissed(Diagnostic):
    """A recipe of `use` trains a module in a stage of its own, and here there is no such stage.

    Stages stay with their recipe. Here the paraphraser of the teacher would start at random and
    learn along with the student, until both say one thing that means nothing:

        use: [ft]
        loss: sup + 50·ft

    Write the stages, and what each trains:

        use: [ft]
        stages:
          - name: first
            trains: [ft.e1, ft.e2, ft.e3, ft.d1, ft.d2, ft.d3]
            loss: mse(ft.back, ft.t)
          - name: then
            trains: [student, ft.s1, ft.s2, ft.s3]
            loss: sup + 50·ft
    """

    code = "KD345"
    title = "`{recipe}` trains {parts} beforehand, and here nothing does"
    label = "its stage `{stage}` does not come along"
    help = "write `stages` with that stage first, and what each of them `trains`"
    severity = "warning"

    recipe: str
    stage: str
    parts: str
