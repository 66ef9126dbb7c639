"""Every block of the documentation does what the page says."""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
import torch

import kdgraph
from kdgraph.cli import main
from kdgraph.compiler import images_seen
from kdgraph.compute.neighbours import neighbours
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.setting import read_setting
from kdgraph.lang.write import write
from kdgraph.models.build import build
from kdgraph.registry import REGISTRY
from tests.docs.pages import PAGES, ROOT, Block, blocks

LOSS = "loss: cross_entropy(student.logits, y)\n"
BATCH, CLASSES, SIDE, EXAMPLES = 6, 10, 8, 500
MODELS = {"teacher": 16, "student": 8}
APART = ("index.md",)
"""pages whose commands run in processes of their own; the others save the time to load torch"""


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KDGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(REGISTRY, "_added", dict(REGISTRY._added))
    monkeypatch.syspath_prepend(tmp_path)
    namespace: dict[str, object] = {"__name__": f"docs_{page.replace('-', '_')}"}
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        if block.mark == "no-run":
            assert block.words, f"{block}: a block that is not run needs a reason"
        elif block.language == "yaml":
            reads(block)
        elif block.language == "python" and not block.file:
            runs(block, namespace)
        elif block.language == "console":
            answers(block)


def reads(block: Block) -> None:
    """A setting is one; a recipe is checked and computed; a part of one is given a loss."""
    if block.file.endswith(".yaml"):
        read_setting(Path(block.file))
        return
    whole = re.search(r"^(loss|stages|extends):", block.text, re.MULTILINE)
    recipe = block.file or (block.text if whole else LOSS + block.text)
    found = kdgraph.check(recipe)
    errors = sorted({one.code for one in found if one.severity == "error"})
    assert errors == block.words.split(), f"{block}\n" + "\n".join(map(str, found))
    if not errors:
        computes(recipe, block)


def computes(recipe: str, block: Block) -> None:
    """Every stage of a recipe gives a finite loss, and gradient comes from it."""
    read, image = kdgraph.load(recipe), (1, SIDE, SIDE)
    seen = images_seen(read, World({name: Network(name) for name in MODELS}, image=image))
    tables: dict[str, torch.Tensor] = {}
    for stage in read.stages or (None,):
        networks = {
            name: build(f"convnet{width}", CLASSES, channels=seen[name][0])
            for name, width in MODELS.items()
        }
        step = kdgraph.compile(
            recipe, models=networks, sample=torch.rand(BATCH, 1, SIDE, SIDE),
            labels=torch.arange(EXAMPLES) % CLASSES, tables=tables,
            stage=stage.name if stage else None,
        )  # fmt: skip
        step.clock(epoch=1, epochs=1, step=0)
        views = {
            name: torch.rand(BATCH * (view.rows or 1), *(view.sizes or image))
            for name, view in step.world.views.items()
        }
        views |= {one: torch.tensor(0.5) for one in step.inputs if one.startswith("share(")}
        out = step(views, torch.arange(BATCH), torch.arange(BATCH))
        if stage and stage.compute:
            rows = out.outputs["rows"][torch.arange(EXAMPLES) % BATCH].detach()
            near = re.fullmatch(r"neighbours\(.*, (\d+)\)", write(stage.compute))
            tables[stage.name] = neighbours(rows, int(near[1])) if near else rows
            continue
        out.total.backward()
        assert torch.isfinite(out.total), block
        assert any(parameter.grad is not None for *_, parameter in step.trained()), block


def runs(block: Block, namespace: dict[str, object]) -> None:
    """Python runs in the page's namespace; what it prints is what `#>` says."""
    text = "\n" * (block.line - 1) + block.text
    place = f"<{block}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, place, "exec"), namespace)
    shown = re.findall(r"^\s*#> ?(.*)$", block.text, re.MULTILINE)
    assert said.getvalue().splitlines() == shown, block


def answers(block: Block) -> None:
    """Commands of kdgraph are run, and say what is shown; other commands are not run."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        words = shlex.split(command, comments=True)
        if words[0] != "kdgraph":
            continue
        code, said = (apart if block.page in APART else here)(words)
        assert bool(code) == ("error[" in shown), f"{block}: {command}\n{said}"
        tells(shown.splitlines(), said, block, numbers=words[1] != "run")


def apart(words: list[str]) -> tuple[int, str]:
    """A command in a process of its own, as people run it."""
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "COLUMNS": "100", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def here(words: list[str]) -> tuple[int, str]:
    """A command in this process, which knows no words that Python added on the page."""
    said = io.StringIO()
    given, plain = mock.patch.object(sys, "argv", words), mock.patch.object(REGISTRY, "_added", {})
    with given, plain, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def tells(shown: list[str], said: str, block: Block, *, numbers: bool) -> None:
    """The lines shown are said in this order; `…` is anything, and of a run only words count."""
    rest = [_plain(line, numbers=numbers) for line in said.splitlines()]
    for line in shown:
        wanted = _plain(line, numbers=numbers)
        if wanted in {"", "…"}:
            continue
        pattern = ".*".join(map(re.escape, wanted.split("…")))
        place = next((n for n, one in enumerate(rest) if re.fullmatch(pattern, one)), None)
        assert place is not None, f"{block}: nothing says\n{line}\nbut\n{said}"
        rest = rest[place + 1 :]


def _plain(line: str, *, numbers: bool) -> str:
    words = " ".join(re.sub(r"[─-╿]+", " ", line).split())
    return words if numbers else re.sub(r"[\d.:]+", "0", words)
