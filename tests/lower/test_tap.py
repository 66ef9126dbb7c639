"""A tap's path names one end of one module, and a wrong one is answered with the nearest."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.source import Source, Span
from kdgraph.lower.tap import Tap, apply_module, parse, resolve


def network() -> nn.Module:
    block = nn.ModuleDict({"conv": nn.Conv2d(3, 4, 1), "input": nn.Identity()})
    inside = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    return nn.ModuleDict({"block": block, "layer": inside, "heads": nn.ModuleList([inside])})


def complaint(path: str) -> str:
    with pytest.raises(RecipeError) as refused:
        resolve(network(), path)
    return str(refused.value)


@pytest.mark.parametrize("path", ["", "input", "layer3.1.bn2", "fc.input", "fc.input.input"])
def test_a_path_is_read_and_spelled_alike(path: str) -> None:
    assert parse(path).path == path


def test_input_at_the_end_means_the_input() -> None:
    assert resolve(network(), "layer.0.input") == Tap("layer.0", "input")


def test_the_empty_path_is_the_network_itself() -> None:
    net = nn.Sequential(nn.ReLU())
    assert resolve(net, "") == Tap("", "output")
    assert resolve(net, "input") == Tap("", "input")


def test_a_module_called_input_is_a_module() -> None:
    net = network()
    assert resolve(net, "block.input") == Tap("block.input", "output")
    assert resolve(net, "block.input.input") == Tap("block.input", "input")


def test_a_module_under_two_names_is_found_under_both() -> None:
    net = network()
    assert resolve(net, "heads.0.1").module == "heads.0.1"
    assert resolve(net, "layer.1").module == "layer.1"


def test_a_resolved_tap_stays_as_it_is() -> None:
    tap = Tap("layer", "input")
    assert resolve(network(), tap) is tap


def test_a_misspelled_path_is_answered_with_the_nearest() -> None:
    assert "did you mean `layer.1`?" in complaint("layr.1")
    assert "did you mean `block.conv.input`?" in complaint("blok.conv.input")


def test_a_right_beginning_is_answered_with_what_it_holds() -> None:
    assert "`layer` holds `0`, `1`" in complaint("layer.7")
    assert "`layer.0` holds no other module" in complaint("layer.0.deeper")
    assert "the network holds `block`, `layer`, `heads`" in complaint("stem")


def test_many_children_are_cut_short() -> None:
    with pytest.raises(RecipeError, match=r"`11`, and 8 more"):
        resolve(nn.Sequential(*[nn.ReLU() for _ in range(20)]), "20")


def test_a_weight_is_no_tap() -> None:
    assert "`layer.0.weight` is a weight" in complaint("layer.0.weight")


def test_a_list_of_modules_has_no_value() -> None:
    text = complaint("heads")
    assert "KD311" in text
    assert "`heads.0`" in text


def test_a_list_that_can_be_called_has_a_value() -> None:
    class Dense(nn.ModuleDict):
        def forward(self, x: Tensor) -> Tensor:
            return x

    assert resolve(nn.Sequential(Dense()), "0") == Tap("0")


def test_the_caret_stands_under_the_tap() -> None:
    source = Source("mine.kd", "kd: student.layr")
    span = Span(source, 4, 16)

    with pytest.raises(RecipeError) as refused:
        resolve(network(), "layr", span)

    assert str(refused.value) == (
        "error[KD310]: `ModuleDict` has no module `layr`\n"
        " --> mine.kd:1:5\n"
        "  |\n"
        "1 | kd: student.layr\n"
        "  |     ^^^^^^^^^^^^ not a module of `ModuleDict`\n"
        "  = help: did you mean `layer`?\n"
        "  = help: the network holds `block`, `layer`, `heads`"
    )


def test_a_module_can_be_had_for_another_value() -> None:
    net = network()
    assert apply_module(net, "layer.1") is net.get_submodule("layer.1")
    assert apply_module(net, "") is net

    with pytest.raises(RecipeError, match="KD310"):
        apply_module(net, "layer.2")
