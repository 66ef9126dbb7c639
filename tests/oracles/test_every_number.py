"""Every number of the two collections of oracles is reproduced: 1e-9 in double precision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.oracles.answers import everything

HERE = Path(__file__).parent
NUMBERS = {
    key: number
    for name in ("survey", "primitives")
    for key, number in json.loads((HERE / f"{name}.json").read_text()).items()
}
ANSWERS = everything()


def test_every_number_has_an_answer_and_no_answer_is_to_another_question():
    assert set(ANSWERS) == set(NUMBERS)


@pytest.mark.parametrize("key", NUMBERS)
def test_the_compiled_recipe_says_it(key: str):
    said = torch.as_tensor(ANSWERS[key](key), dtype=torch.float64).detach().item()

    assert said == pytest.approx(NUMBERS[key], rel=1e-9, abs=1e-9)
