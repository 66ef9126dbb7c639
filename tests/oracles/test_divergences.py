"""Divergences of language models against the released code of GKD (TRL) and DistiLLM.

`divergences.json` holds logits of 3×5 tokens over 7 words, of which some are masked by −100,
what the released code said of them, and its gradients for the student's logits.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from tests.oracles.stub import close

CASES = json.loads((Path(__file__).parent / "divergences.json").read_text())
P, Q = "softmax(teacher.logits/T)", "softmax(student.logits/T)"
KEPT = "rows=y >= 0"
REVERSE = f"reverse_kl({P} ‖ {Q}, {KEPT})"
ANSWERS = {
    ("gkd.1", "b0_T1.0"): (f"kl({P} ‖ {Q}, {KEPT})", 1),
    ("gkd.1", "b0.5_T1.0"): (f"jsd({P} ‖ {Q}, {KEPT})", 1),
    ("gkd.1", "b0.1_T2.0"): (f"jsd({P} ‖ {Q}, 0.1, {KEPT})", 2),
    ("gkd.1", "b0.9_T1.0"): (f"jsd({P} ‖ {Q}, β=0.9, {KEPT})", 1),
    ("gkd.1", "b1_T2.0"): (f"reverse_kl({P} ‖ {Q}, {KEPT})", 2),
    ("gkd.1", "sum"): (f"jsd({P} ‖ {Q}, reduce=sum, {KEPT})", 1),
    ("distillm.1", "rkl"): (f"reverse_kl({P} ‖ {Q}, {KEPT})", 1),
    ("distillm.1", "js"): (f"jsd({P} ‖ {Q}, 1 - 0.9, {KEPT})", 1),
    ("distillm.1", "skew_rkl_0.1"): (f"skew_reverse_kl({P} ‖ {Q}, {KEPT})", 1),
    ("distillm.1", "skew_rkl_0.3"): (f"skew_reverse_kl({P} ‖ {Q}, skew=0.3, {KEPT})", 1),
    # the released code leaves the entropy of the teacher out of the forward kinds
    ("distillm.1", "fkl"): (f"kl({P} ‖ {Q}, {KEPT}) + mean(entropy({P}), {KEPT})", 1),
    ("distillm.1", "skew_fkl_0.1"): (f"skew_kl({P} ‖ {Q}, {KEPT}) + mean(entropy({P}), {KEPT})", 1),
    ("distillm.1", "skew_fkl_0.3"): (
        f"skew_kl({P} ‖ {Q}, 0.3, {KEPT}) + mean(entropy({P}), {KEPT})", 1,
    ),
    ("distillm.1", "sym"): (
        f"0.1·kl({P} ‖ {Q}, {KEPT}) + 0.1·mean(entropy({P}), {KEPT}) + 0.9·{REVERSE}", 1,
    ),
    ("distillm.1", "tv"): (f"mean(0.5·sum(abs({P} - {Q}), over=-1), {KEPT})", 1),
}  # fmt: skip


class Said(nn.Module):
    """Logits that are parameters, whatever it is given."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)
        self.fc = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """The logits; the input only says how many rows there are."""
        del x
        return self.fc(self.logits)


@pytest.mark.parametrize(("case", "name"), ANSWERS)
def test_the_compiled_recipe_says_what_the_released_code_says(case: str, name: str):
    loss, temperature = ANSWERS[case, name]
    given, expected = CASES[case]["inputs"], CASES[case]["expected"]
    s, t = (torch.tensor(given[one], dtype=torch.float64).flatten(0, 1) for one in "st")
    y = torch.tensor(given["labels"]).flatten()
    student, x = Said(s), torch.zeros(len(y), 1, dtype=torch.float64)
    text = f"loss: total\nwhere:\n  total: {loss}\n  T: {temperature}\n"
    step = kdgraph.compile(text, models={"teacher": Said(t), "student": student}, sample=x)

    total = step(x, y).total
    total.backward()

    assert close(total, expected[name])
    if f"grad_{name}_s" in expected:
        slope = torch.tensor(expected[f"grad_{name}_s"], dtype=torch.float64).flatten(0, 1).tolist()
        assert close(student.logits.grad, slope)
