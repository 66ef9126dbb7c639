"""Branches of networks: what they are copies of, how they start, and what can't grow one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.graph.network import Network
from kdgraph.lang.errors.branches import NoBranch
from kdgraph.lower.rest import rest_of
from kdgraph.lower.tapped import Tapped
from kdgraph.models.aliases import aliases
from kdgraph.models.build import build

FAMILIES = ["resnet8", "wrn_16_1", "vgg8", "MobileNetV2", "ShuffleV1", "ShuffleV2", "convnet8"]
RECIPE = """
loss: sup + q
modules: {h: "branches(student, 4·classes)"}
where:
  sup: cross_entropy(student.logits, y)
  q: Σ((g, m) in zip(h, student.maps)) mean(g(m)²)
"""
Y = torch.tensor([1, 2])


def known(network: nn.Module) -> Network:
    return Network("student", title="net", aliases=aliases(network))


def compiled(network: nn.Module, size: int = 32, **more: object):
    x = torch.rand(2, 3, size, size)
    return kdgraph.compile(RECIPE, models={"student": network}, sample=x, **more), x


def parameters(*modules: nn.Module) -> int:
    return sum(one.numel() for module in modules for one in module.parameters())


@pytest.mark.parametrize("name", FAMILIES)
def test_before_it_starts_anew_a_rest_says_of_a_map_what_the_network_says(name: str):
    torch.manual_seed(0)
    network, x = build(name, 10).eval(), torch.rand(2, 3, 32, 32)
    names = known(network)
    paths = [names.path(f"maps[{place}]") for place in range(names.count("maps"))]
    with torch.no_grad():
        *maps, features = Tapped(network, [*paths, names.path("features")])(x)
        for place, value in enumerate(maps):
            rest = rest_of(network, names, place, x).eval()
            last = place + 1 == len(maps)
            if last:
                assert rest[0](value).shape == value.shape
            torch.testing.assert_close((rest[1] if last else rest)(value), features)


@pytest.mark.parametrize("size", [32, 64])
def test_what_a_network_asks_of_the_images_size_holds_for_its_branches(size: int):
    network = build("vgg8", 10).eval()
    x = torch.rand(2, 3, size, size)
    with torch.no_grad():
        value, features = Tapped(network, ["block3", "classifier.input"])(x)

        found = rest_of(network, known(network), 2, x).eval()(value)

    torch.testing.assert_close(found, features)


def test_the_heads_of_resnet20_are_as_large_as_in_the_paper():
    network = build("resnet20", 100)
    step, _ = compiled(network, classes=100)
    first, second, third = step.parts.h.children()
    classifier = 64 * 400 + 400

    assert parameters(first) == parameters(network.layer2, network.layer3) + classifier
    assert parameters(second) == parameters(network.layer3) + classifier
    # three blocks of two 3×3 convolutions of 64 channels with their batch norms, no shortcut
    assert parameters(third) == 3 * 2 * (9 * 64 * 64 + 2 * 64) + classifier
    assert round(parameters(first, second, third) / 1e6, 2) == 0.76


def test_a_branch_starts_from_the_seed_and_its_name_alone_not_from_the_network():
    torch.manual_seed(0)
    network = build("convnet16", 10)
    with torch.no_grad():
        for one in network.parameters():
            one.fill_(7)
        for one in network.buffers():
            one.fill_(3)
    step, _ = compiled(network)
    again, _ = compiled(build("convnet16", 10).to(memory_format=torch.channels_last))
    other, _ = compiled(network, seed=1)

    mine, same, not_same = (one.parts.h.state_dict() for one in (step, again, other))
    assert all(torch.equal(one, same[name]) for name, one in mine.items())
    assert not any(
        torch.equal(one, not_same[name])
        for name, one in mine.items()
        if "weight" in name and one.ndim > 1
    )
    assert not any((one == 7).any() for one in mine.values())


def test_the_network_has_no_part_of_its_branches():
    network = build("resnet8", 10)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    step, _ = compiled(network)

    assert network.state_dict().keys() == before.keys()
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    own = {id(one) for one in network.parameters()}
    assert not own & {id(one) for one in step.parts.parameters()}


def test_gradient_goes_through_the_branches_into_the_network():
    network = build("convnet8", 10)
    step, x = compiled(network)
    step(x, Y).terms["q"].backward()

    assert network.conv1.weight.grad.any()
    assert all(one.grad is not None for one in step.parts.parameters())


class Plain(nn.Module):
    """Two stages of two blocks, no word about one more, and a layer that works in place."""

    def __init__(self, block: type[nn.Module] = nn.Conv2d) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.two = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1), block(6, 6, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(6, 10)
        self.aliases = {"logits": "", "features": "fc.input", "maps": ("one", "two")}

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(self.two(self.act(self.one(x)))).flatten(1))


def test_one_more_stage_of_a_network_that_says_nothing_is_copies_of_its_last_block():
    step, _ = compiled(Plain())
    _, last = step.parts.h.children()
    more = last.rest[0]

    assert [type(one) for one in more] == [nn.Conv2d, nn.Conv2d]
    assert [one.weight.shape for one in more] == [(6, 6, 1, 1)] * 2
    assert not torch.equal(more[0].weight, more[1].weight)


def test_a_branch_does_not_write_over_the_map_it_is_given():
    network = Plain()
    step, _ = compiled(network)
    value = torch.randn(2, 4, 8, 8)
    before = value.clone()
    next(iter(step.parts.h.children()))(value)

    assert torch.equal(value, before)


def refused(network: nn.Module) -> NoBranch:
    with pytest.raises(kdgraph.RecipeError) as caught:
        compiled(network)
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoBranch)
    return found


def test_a_stage_whose_last_block_changes_the_shape_is_told():
    network = Plain()
    network.two = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1))

    told = refused(network)

    assert told.reason == "the last block of `two` does not keep the shape of its map"
    assert "`zip(h[:-1], student.maps[:-1])`" in str(told)


class Scale(nn.Module):
    """Has a parameter, and no way to start it anew."""

    def __init__(self, *_: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.gamma * x


def test_a_layer_that_cannot_start_anew_is_told():
    told = refused(Plain(Scale))

    assert told.reason == "`Scale` has no `reset_parameters` to start `gamma` anew"


class Long(Plain):
    """Its classifier also sees what was there before the first map."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(self.two(self.act(self.one(x)))).flatten(1) + x.mean())


def test_a_rest_that_needs_more_than_the_map_is_told():
    told = refused(Long())

    assert told.reason == "what follows needs `mean` beside `one`"
    assert told.place == "maps[0]"


class Moody(Plain):
    """Drops outside of a module, so that a trace knows one mode only."""

    def forward(self, x: Tensor) -> Tensor:
        value = self.pool(self.two(self.act(self.one(x)))).flatten(1)
        return self.fc(nn.functional.dropout(value, training=self.training))


def test_a_rest_that_changes_with_the_mode_outside_of_its_modules_is_told():
    told = refused(Moody())

    assert "changes with the mode outside of its modules" in told.reason


def test_a_network_whose_classifiers_input_nobody_knows_is_told():
    network = Plain()
    del network.aliases["features"]

    assert refused(network).reason == "nothing says which value its classifier sees"


def test_branches_are_taken_one_by_one_or_all_but_some():
    recipe = RECIPE.replace("zip(h, student.maps)", "zip(h[:-1], student.maps[:-1])")
    alone = RECIPE.replace(
        "Σ((g, m) in zip(h, student.maps)) mean(g(m)²)", "mean(h[1](student.maps[1])²)"
    )
    x = torch.rand(2, 3, 32, 32)
    network = build("convnet8", 10)
    some, one = (
        kdgraph.compile(text, models={"student": network}, sample=x) for text in (recipe, alone)
    )

    assert [name for name, _ in some.parts.h.named_children()] == ["0", "1"]
    assert [name for name, _ in one.parts.h.named_children()] == ["1"]
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            some.parts.h.get_submodule("1").parameters(), one.parts.parameters(), strict=True
        )
    )
