"""Methods go together: under one weight, one schedule, with several teachers, by name."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.compiler import load
from kdgraph.lang.write import write
from kdgraph.lower.step import Step

ROWS, CLASSES, EXAMPLES = 6, 5, 20
X = torch.rand(ROWS, 1, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y, I = torch.arange(ROWS) % CLASSES, torch.arange(ROWS)
LABELS = torch.arange(EXAMPLES) % CLASSES
SUP = "cross_entropy(student.logits, y)"
ON_LOGITS = {
    "kd": "kd(teacher.logits ‖ student.logits)",
    "dkd": "dkd(teacher.logits ‖ student.logits, y)",
    "dist": "dist(teacher.logits ‖ student.logits)",
    "std": "kd(standardise(teacher.logits) ‖ standardise(student.logits), T=2)",
    "soft": "soft_ce(teacher.logits ‖ student.logits)",
    "hot": "kd(teacher.logits ‖ student.logits, T=1 + 20·sigmoid(reverse(θ, anneal(0, 1))))",
    "crd": "crd(teacher.features, student.features, J, d=4)",
    "icc": "mse(teacher.features @ teacher.featuresᵀ, student.features @ student.featuresᵀ)",
}
NAMES = "  θ: learn(1.0)\n  J: negatives(i, 4, other=y)\n"
RECIPES = (
    "dkd", "dist", "dist-imagenet", "ctkd", "ctkd-instance", "label-smoothing", "tf-kd",
    "tf-kd-paper", "tf-kd-self", "kd-standardised",
)  # fmt: skip


class Net(nn.Module):
    """Features of eight numbers and a classifier."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.body, self.fc = nn.Linear(16, 8), nn.Linear(8, CLASSES)
        self.double()
        self.aliases = {"logits": "", "features": "fc.input"}

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.body(x.flatten(1)).tanh())


def compiled(text: str, teachers: int = 1, epoch: int = 5, **values: object) -> Step:
    models = {f"t{n}" if teachers > 1 else "teacher": Net(n) for n in range(1, teachers + 1)}
    step = kdgraph.compile(
        text, models={**models, "student": Net(0)}, sample=X, labels=LABELS, set=values
    )
    step.clock(epoch=epoch, epochs=240)
    return step


def told(text: str, **given: int):
    return compiled(text, **given)(X, Y, I)


def recipe(loss: str, *names: str) -> str:
    lines = "".join(f"  {name}: {ON_LOGITS[name]}\n" for name in names)
    return f"loss: {loss}\nwhere:\n  sup: {SUP}\n{NAMES}{lines}"


def test_four_methods_of_which_one_warms_up():
    out = told(recipe("sup + kd + 0.8·crd + warm(20)·dkd", "kd", "crd", "dkd"))
    alone = {name: told(recipe(f"sup + {name}", name)).terms[name] for name in ("kd", "crd", "dkd")}

    assert list(out.terms) == ["sup", "kd", "crd", "dkd"]
    found = {name: float(weight) for name, weight in out.weights.items()}
    assert found == {"sup": 1, "kd": 1, "crd": pytest.approx(0.8), "dkd": pytest.approx(0.25)}
    for name, value in alone.items():
        torch.testing.assert_close(out.terms[name], value)
    torch.testing.assert_close(out.total, sum(found[k] * v for k, v in out.terms.items()))


@pytest.mark.parametrize("pair", list(combinations(ON_LOGITS, 2)), ids="+".join)
def test_any_two_go_together_under_one_weight_and_one_schedule(pair):
    one, other = pair
    out = told(recipe(f"sup + 3·warm(20)·({one} + 2·{other})", *pair))
    alone = [told(recipe(f"sup + {name}", name)).terms[name] for name in pair]

    assert float(out.weights[one]) == pytest.approx(0.75)
    assert float(out.weights[other]) == pytest.approx(1.5)
    torch.testing.assert_close([out.terms[name] for name in pair], alone)


@pytest.mark.parametrize("name", [one for one in ON_LOGITS if one != "crd"])
def test_any_of_them_adds_up_over_several_teachers(name):
    each = ON_LOGITS[name].replace("teacher", "t")
    out = told(f"loss: sup + many\nwhere:\n  sup: {SUP}\n{NAMES}"
               f"  many: mean({each} for t in teachers)\n", teachers=3)  # fmt: skip
    alone = [told(recipe(f"sup + {name}", name).replace("teacher", f"t{n}"), teachers=3)
             for n in (1, 2, 3)]  # fmt: skip

    wanted = sum(one.terms[name] for one in alone) / 3
    torch.testing.assert_close(out.terms["many"], wanted)


def test_each_teacher_has_a_critic_of_its_own():
    step = compiled(f"loss: sup + Σ(t in teachers) crd(t.features, student.features, J, d=4)\n"
                    f"where:\n  sup: {SUP}\n{NAMES}", teachers=3)  # fmt: skip

    assert len(step.memory) == 3 * 4  # two banks and two normalisers


def prefixed(name: str) -> tuple[str, str]:
    """A recipe's name as one that uses it says it, and its loss in those words."""
    shipped = load(name)
    assert shipped.loss is not None
    names = "|".join(shipped.where)
    text = re.sub(rf"\b({names})\b(?![(\w])", rf"{shipped.called}.\1", write(shipped.loss))
    return shipped.called, text


@pytest.mark.parametrize("name", RECIPES)
def test_a_whole_recipe_joins_another_by_its_name(name):
    called, loss = prefixed(name)
    both = compiled(f"use: [crd, {name}]\nloss: 0.8·crd + {loss}\n", **{"crd.K": 4})
    whole = compiled(name)
    own = {k.removeprefix(f"{called}."): v for k, v in both.parts.state_dict().items()}
    whole.parts.load_state_dict({k: own[k] for k in whole.parts.state_dict()})
    found, wanted = both(X, Y, I), whole(X, Y, I)

    for term, value in wanted.terms.items():
        torch.testing.assert_close(found.terms[f"{called}.{term}"], value)
    crd = 0.8 * found.terms["crd"]
    torch.testing.assert_close(found.total, wanted.total + crd)


def test_two_recipes_of_one_word_do_not_clash():
    step = compiled("use: [dist, dist-imagenet]\n"
                    "loss: sup + dist + dist_imagenet.dist\n"
                    f"where:\n  sup: {SUP}\n  dist.T: 2\n")  # fmt: skip
    out = step(X, Y, I)

    for name, heat in (("dist", 2), ("dist_imagenet.dist", 1)):
        alone = told(f"loss: sup + d\nwhere:\n  sup: {SUP}\n"
                     f"  d: dist(teacher.logits ‖ student.logits, T={heat})\n")  # fmt: skip
        torch.testing.assert_close(out.terms[name], alone.terms["d"])
