"""Checking a recipe as far as the language goes imports no torch, and starts quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPT = """
import sys
from pathlib import Path
from kdgraph import files
from kdgraph.compiler import analyse, load
from kdgraph.experiment import examine
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.print_recipe import recipe_text
from kdgraph.passes import lean

for path in files.recipes():
    recipe = load(path)
    networks = {name: Network(name) for name in recipe.chain or ("teacher", "student")}
    analysis = analyse(recipe, World(networks, classes=10))
    assert recipe_text(recipe)
    for _, built in analysis.stages:
        str(lean(built.graph))
    assert examine(path).analysis is not None
heavy = {"torch", "torchvision", "timm", "lightning_fabric", "sklearn", "pyarrow", "numpy", "PIL"}
print(" ".join(sorted(heavy & sys.modules.keys())))
"""


def test_language_level_checks_import_no_torch():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
