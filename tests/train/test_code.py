"""The code of a network is its files' text and its libraries' versions."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from torch import nn

from kdgraph.models.build import build
from kdgraph.train import code
from kdgraph.train.code import code_of

TEXT = "from torch import nn\nclass Mine(nn.Module):\n    '''{}'''\n"


@pytest.fixture(autouse=True)
def read_anew():
    code._text.cache_clear()
    code._version.cache_clear()


def mine(folder, text, monkeypatch) -> nn.Module:
    folder.mkdir()
    path = folder / "mine.py"
    path.write_text(text)
    spec = spec_from_file_location("mine_for_tests", path)
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mine_for_tests", module)
    spec.loader.exec_module(module)
    return nn.Sequential(nn.Linear(2, 2), module.Mine())


def test_the_same_network_has_the_same_code():
    assert code_of(build("resnet8", 10)) == code_of(build("resnet8", 100))
    assert code_of(build("resnet8", 10)) != code_of(build("vgg8", 10))


def test_a_file_is_known_by_its_text_and_not_by_its_place(tmp_path, monkeypatch):
    first = code_of(mine(tmp_path / "a", TEXT.format("one"), monkeypatch))
    moved = code_of(mine(tmp_path / "b", TEXT.format("one"), monkeypatch))
    edited = code_of(mine(tmp_path / "c", TEXT.format("two"), monkeypatch))

    assert first == moved
    assert first != edited


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_a_library_is_known_by_its_version(library, monkeypatch):
    network = build(f"{library}:resnet18", 10)
    before, versions = code_of(network), {library: "99.0"}
    code._version.cache_clear()
    monkeypatch.setattr(code, "version", lambda name: versions[name])

    assert code_of(network) != before
