"""Networks that plugins add: what is refused, and what a network gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.cli.plugins import load_plugins
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.added import ADDED
from kdgraph.models.aliases import aliases
from kdgraph.models.build import build


@pytest.fixture(autouse=True)
def none_added() -> Iterator[None]:
    before = dict(ADDED)
    ADDED.clear()
    yield
    ADDED.clear()
    ADDED.update(before)


def small(classes: int, *, channels: int = 3) -> nn.Module:
    body = nn.Conv2d(channels, 4, 3)
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes))


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(RecipeError) as refused:
        act()
    return " ".join(str(refused.value).split())


def test_it_is_built_by_its_functions_name_for_the_data() -> None:
    assert kdgraph.network(small) is small

    assert build("small", 7, channels=1)(torch.zeros(2, 1, 8, 8)).shape == (2, 7)


def test_its_aliases_are_found_as_in_any_other_network() -> None:
    kdgraph.network(small)

    assert aliases(build("small", 7)) == {"logits": "", "features": "3.input"}


def test_declared_aliases_come_on_top() -> None:
    kdgraph.network(aliases={"maps": ("0",), "features": "2"})(small)

    assert aliases(build("small", 7)) == {"logits": "", "features": "2", "maps": ("0",)}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"map": ("0",)}, "the alias `map` of the network `small` can't be used"),
        ({"map": ("0",)}, "did you mean `maps`?"),
        ({"maps": "0"}, "it is a tuple of paths"),
        ({"features": ("3.input",)}, "it is one path"),
    ],
)
def test_aliases_of_another_kind_are_refused_at_once(told: Any, words: str) -> None:
    text = refusal(lambda: kdgraph.network(aliases=told)(small))

    assert text.startswith("error[KD648]")
    assert words in text
    assert not ADDED


def test_an_alias_for_a_module_that_is_not_there_is_refused_when_built() -> None:
    kdgraph.network(aliases={"stem": "9"})(small)

    text = refusal(lambda: build("small", 7))

    assert text.startswith("error[KD648]")
    assert "it has no module `9`" in text


def test_the_zoo_keeps_its_names() -> None:
    def resnet8(classes: int, *, channels: int = 3) -> nn.Module:
        return small(classes, channels=channels)

    text = refusal(lambda: kdgraph.network(resnet8))

    assert text.startswith("error[KD645]")
    assert "a network of kdgraph's" in text


def test_two_plugins_cannot_share_a_name_but_one_may_be_loaded_again(tmp_path: Path) -> None:
    text = "import kdgraph\n@kdgraph.network\ndef one(classes, *, channels=3): {}\n"
    first, second = tmp_path / "a/nets.py", tmp_path / "b/nets.py"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(text.format("pass"))
    load_plugins([first])
    load_plugins([first])

    words = refusal(lambda: load_plugins([second]))

    assert words.startswith("error[KD645]")
    assert str(first) in words


@pytest.mark.parametrize(
    "function",
    [
        lambda classes: classes,
        lambda channels=3: channels,
        lambda classes, width, *, channels=3: (classes, width, channels),
    ],
)
def test_other_arguments_are_refused(function: Callable[..., Any]) -> None:
    function.__name__ = "mynet"

    text = refusal(lambda: kdgraph.network(function))

    assert text.startswith("error[KD646]")
    assert "write `def mynet(classes, *, channels=3)`" in text


def test_what_is_no_network_is_refused() -> None:
    kdgraph.network(nothing)

    text = refusal(lambda: build("nothing", 7))

    assert text.startswith("error[KD647]: `nothing` gave one `NoneType`")


def nothing(classes: int, *, channels: int = 3) -> None:
    del classes, channels


def test_one_that_counts_with_numbers_can_be_looked_at_without_any() -> None:
    def counting(classes: int, *, channels: int = 3) -> nn.Module:
        rates = [rate.item() for rate in torch.linspace(0, 1, 3)]
        assert rates == [0, 0.5, 1]
        return small(classes, channels=channels)

    kdgraph.network(counting)
    with torch.device("meta"):
        network = build("counting", 7)

    assert all(one.is_meta for one in network.parameters())


def test_a_name_nearly_right_gets_the_right_one() -> None:
    def my_little_net(classes: int, *, channels: int = 3) -> nn.Module:
        return small(classes, channels=channels)

    kdgraph.network(my_little_net)

    assert "did you mean `my_little_net`?" in refusal(lambda: build("my_litle_net", 7))
