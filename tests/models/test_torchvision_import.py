"""torchvision beside a PyTorch it was not built for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torchvision

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.torchvision_import import import_torchvision

MISMATCH = 'raise RuntimeError("operator torchvision::nms does not exist\\nmore")'
SECOND_TRY = 'raise AttributeError("partially initialized module has no attribute extension")'
NO_LIBRARY = 'raise OSError("libcudart.so.13: cannot open shared object file")'


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A torchvision that fails while it is imported, in front of the real one."""
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(request.param)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)


def test_a_torchvision_that_fits_is_imported() -> None:
    assert import_torchvision() is torchvision


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("broken", [MISMATCH, SECOND_TRY, NO_LIBRARY], indirect=True)
def test_one_built_for_another_pytorch_is_answered_with_what_to_install() -> None:
    with pytest.raises(RecipeError) as refused:
        import_torchvision()

    text = str(refused.value)
    assert text.startswith("error[KD644]: torchvision ")
    assert "does not work with torch" in text
    assert "`pip install --force-reinstall torch torchvision`" in text
    assert "more" not in text


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("broken", [MISMATCH], indirect=True)
@pytest.mark.parametrize("name", ["torchvision:resnet18", "timm:resnet18"])
def test_networks_that_need_it_say_the_same(name: str) -> None:
    with pytest.raises(RecipeError, match="torchvision::nms does not exist"):
        build(name, 10)


def test_a_missing_torchvision_is_named_with_what_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(RecipeError) as refused:
        import_torchvision("the data `cifar10`")

    assert "the data `cifar10` needs torchvision, which is not installed" in str(refused.value)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("broken", ["import something_else_that_is_missing"], indirect=True)
def test_what_torchvision_itself_is_missing_is_not_mistaken_for_it() -> None:
    with pytest.raises(ModuleNotFoundError, match="something_else"):
        import_torchvision()
