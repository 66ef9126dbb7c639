"""A file's name decides its format; what cannot be drawn is refused with what can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.viz.picture import Arrow, Box, Picture
from kdgraph.viz.render import FORMATS, render, writer


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".svg", b"<svg"),
        (".png", b"\x89PNG"),
        (".html", b"<!DOCTYPE html>"),
        (".dot", b"digraph"),
        (".mmd", b"---\ntitle"),
        (".SVG", b"<svg"),
    ],
)
def test_each_format_begins_as_it_should(
    suffix: str, start: bytes, icd: Picture, tmp_path: Path
) -> None:
    render(icd, tmp_path / f"icd{suffix}")

    assert (tmp_path / f"icd{suffix}").read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_two_drawings_of_one_picture_are_the_same_bytes(
    suffix: str, icd: Picture, tmp_path: Path
) -> None:
    render(icd, tmp_path / f"a{suffix}")
    render(icd, tmp_path / f"b{suffix}")

    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_an_unknown_format_names_the_five_and_the_nearest() -> None:
    with pytest.raises(RecipeError) as refused:
        writer("out.sgv")

    message = str(refused.value)
    assert message.startswith("error[KD690]: no known picture format in the name `out.sgv`")
    assert all(f"`{suffix}`" in message for suffix in FORMATS)
    assert "did you mean `.svg`?" in message


def test_a_name_without_ending_is_refused_before_anything_is_written(
    icd: Picture, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError):
        render(icd, tmp_path / "picture")

    assert not list(tmp_path.iterdir())


def test_drawing_needs_no_torch_and_loads_no_renderer_until_it_is_asked() -> None:
    script = (
        "import sys, kdgraph.viz.render, kdgraph.viz.terminal\n"
        "heavy = {'torch', 'numpy', 'networkx', 'PIL', 'resvg_py'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr


def test_a_picture_with_two_boxes_of_one_id_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="share an id"):
        Picture("", "", (Box("a", "op", "a"), Box("a", "op", "b")), ())


@pytest.mark.parametrize("ends", [("a", "b"), ("b", "a"), ("a", "a")])
def test_an_arrow_that_leads_nowhere_is_our_own_fault(ends: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        Picture("", "", (Box("a", "op", "a"),), (Arrow(*ends),))
