"""The names that `import kdgraph` promises are what they say, in whatever order they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kdgraph


@pytest.mark.parametrize("name", [one for one in kdgraph.__all__ if one != "__version__"])
def test_a_public_name_is_no_module(name):
    code = (
        "import kdgraph, kdgraph.registry, kdgraph.examination\n"
        f"assert callable(kdgraph.{name}), kdgraph.{name}\n"
        f"from kdgraph import {name}\n"
        f"assert callable({name})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_importing_kdgraph_loads_no_torch():
    code = "import sys, kdgraph; assert 'torch' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
