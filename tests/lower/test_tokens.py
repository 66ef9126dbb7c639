"""What a transformer keeps for each place of an image: tokens, a class token, attention."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.losses.shape import grid
from kdgraph.lower.step import Step

X = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 3, 1, 1])


def transformer(width: int) -> nn.Module:
    """Sixteen places and a class token; blocks as those of the large ones."""
    torch.manual_seed(width)
    return timm.create_model(
        "vit_tiny_patch16_224",
        img_size=32,
        patch_size=8,
        depth=3,
        embed_dim=width,
        num_heads=2,
        num_classes=10,
    )


def blocks(network: nn.Module, x: Tensor) -> Tensor:
    """What the last block gives."""
    found: list[Tensor] = []
    handle = network.blocks[2].register_forward_hook(lambda *_: found.append(_[-1]))
    network(x)
    handle.remove()
    return found[0]


def compiled(recipe: str, **models: nn.Module) -> Step:
    return kdgraph.compile(recipe, models=models, sample=X)


def test_the_class_token_the_places_and_attention_between_two_transformers() -> None:
    teacher, student = transformer(24).eval(), transformer(12).eval()
    recipe = """
loss: first + places + attended
where:
  a: teacher.blocks[-1]
  b: student.blocks[2]
  first:    mse(linear(b[:, 0], width(a)), a[:, 0])
  places:   mse(linear(b[:, 1:], width(a)), a[:, 1:])
  attended: mse(w @ linear(b[:, 1:], width(a)), a[:, 1:])
  w:        softmax(linear(a[:, 1:], 8) @ linear(b[:, 1:], 8)ᵀ/8^0.5)
"""
    step = compiled(recipe, teacher=teacher, student=student).eval()
    found = step(X)
    part = dict(step.program.parts.named_modules())
    t, s = blocks(teacher, X), blocks(student, X)
    scores = part["w.linear"](t[:, 1:]) @ part["w.linear_2"](s[:, 1:]).transpose(1, 2)
    attended = (scores / 8**0.5).softmax(-1) @ part["attended.linear"](s[:, 1:])

    expected = {
        "first": F.mse_loss(part["first.linear"](s[:, 0]), t[:, 0]),
        "places": F.mse_loss(part["places.linear"](s[:, 1:]), t[:, 1:]),
        "attended": F.mse_loss(attended, t[:, 1:]),
    }
    for name, value in expected.items():
        torch.testing.assert_close(found.terms[name], value, msg=name)
    assert t.shape == (4, 17, 24)


def test_tokens_become_a_map_row_by_row_and_a_map_tokens() -> None:
    places = torch.arange(4.0).reshape(1, 4, 1).expand(1, 4, 3)

    assert grid(places)[0, 2].tolist() == [[0, 1], [2, 3]]


def test_what_is_made_for_maps_takes_the_tokens_of_a_transformer() -> None:
    convolution = nn.Conv2d(3, 5, 8, stride=8)
    student = nn.Sequential(OrderedDict(patches=convolution, relu=nn.ReLU()))
    teacher = transformer(24).eval()
    recipe = "loss: mse(conv(student.patches, 24), grid(teacher.blocks[2][:, 1:]))"
    step = compiled(recipe, teacher=teacher, student=student)
    (connector,) = (one for one in step.program.parts.modules() if isinstance(one, nn.Conv2d))
    map_ = blocks(teacher, X)[:, 1:].reshape(4, 4, 4, 24).permute(0, 3, 1, 2)

    torch.testing.assert_close(
        step(X).total, F.mse_loss(connector(convolution(X)), map_), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("at(teacher.blocks[0], student.blocks[0])", "make maps of them: `grid(v)`"),
        ("mse(grid(teacher.blocks[0]), grid(student.blocks[0]))", "17 tokens are no square"),
        ("mse(teacher.blocks[0][:, 17], student.blocks[0][:, 0])", "no column 17 among 17"),
        ("mean(student.maps[0])", "it keeps tokens: take those of a block, as a map by `grid("),
        ("mse(y[:, 1:], y)", "`v[:, 1:]` takes `value` with axes `b n`"),
    ],
)
def test_tokens_in_the_wrong_place_are_refused(loss: str, told: str) -> None:
    with pytest.raises(RecipeError) as refused:
        compiled(f"loss: {loss}", teacher=transformer(24), student=transformer(12))

    assert told in str(refused.value)
