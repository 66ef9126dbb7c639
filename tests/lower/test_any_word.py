"""Any word on any values is refused before training, or computes and has a gradient."""

from __future__ import annotations

import random
from functools import cache

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.graph.vocabulary import library
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.primitive import Parameter, Signature
from kdgraph.registry import REGISTRY

X, Y, I = torch.rand(8, 1, 8, 8), torch.arange(8), torch.arange(8)
KINDS = frozenset({"primitive", "module", "memory", "draw"})
NAMED = frozenset({"ema", "branches", "delay"})
"""words of models and records, which take no values"""
WORDS = [one for one in REGISTRY if one.kind in KINDS and one.name not in NAMED]
VALUES = [
    "student.logits", "student.features[:, 0]", "student.maps[0]", "teacher.maps[1]", "y", "i", "x",
    "y[0]", "(y > 3)", "(student.logits > 0)", "(student.maps[0] > 0)", "3", "0.5", "epoch",
    "columns(student.logits)", "rows(x)", "mean(student.logits)", "learn(1.0)", "student.logits[0]",
    "softmax(student.logits)", "onehot(y, 10)", "tokens(student.maps[1])",
]  # fmt: skip
SIGNS = ["+", "-", "·", "/", "@", "^"]
INDICES = ["[0]", "[y]", "[i]", "[:, 0]", "[1:]", "[:4]", "[:, 1:]"]


@cache
def networks() -> dict[str, nn.Module]:
    return {
        "teacher": build("convnet16", 10, channels=1),
        "student": build("convnet8", 10, channels=1),
    }


def argument(slot: Parameter, draw: random.Random) -> str:
    return draw.choice(VALUES if slot.is_edge else ["1", "2", "3", "0.5", "4"])


def called(word: Signature, draw: random.Random) -> str:
    needed = [one for one in word.parameters if one.is_required or one.many or draw.random() < 0.3]
    plain = [one for one in needed if one.default is not None]
    return f"{word.name}({', '.join(argument(one, draw) for one in plain)})"


def expression(draw: random.Random) -> str:
    if draw.random() < 0.7:
        made = called(draw.choice(WORDS), draw)
    else:
        function = draw.choice(list(library().values()))
        slots = [one for one in function.slots if one.default is None]
        made = f"{function.name}({', '.join(draw.choice(VALUES) for _ in slots)})"
    chance = draw.random()
    if chance < 0.2:
        return f"({made} {draw.choice(SIGNS)} {draw.choice(VALUES)})"
    return made + (draw.choice(INDICES) if chance < 0.3 else "")


@pytest.mark.parametrize("seed", range(8))
def test_any_word_is_refused_or_computes(seed):
    draw = random.Random(seed)
    computed = 0
    for _ in range(40):
        made = expression(draw)
        text = f"loss: cross_entropy(student.logits, y) + mean({made})·mean(student.logits)"
        try:
            step = kdgraph.compile(
                text, models=networks(), sample=X, classes=10, examples=8, labels=Y
            )
        except RecipeError:
            continue
        step.clock(epoch=1, epochs=4, step=1)
        step(X, Y, I).total.backward()
        step.commit()
        computed += 1

    assert computed > 0
