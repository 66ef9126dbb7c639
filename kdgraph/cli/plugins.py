"""Where new words come from: installed plugins, and files named with `--plugin`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.text import UnreadableFile

GROUP = "kdgraph.plugins"


def load_plugins(files: Sequence[Path]) -> None:
    """Load the installed plugins, then these files; each registers its words.

    Raises:
        RecipeError: a file is not there.
    """
    for one in entry_points(group=GROUP):
        one.load()
    for path in files:
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "no such file"
            raise RecipeError(
                UnreadableFile(path=str(path), reason=reason, advice="check the path")
            )
        name = _free_name(path)
        spec = spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)


def _free_name(path: Path) -> str:
    """A name for a plugin's module: two files of one name in two folders are two modules."""
    name = f"kdgraph_plugin_{path.stem}"
    while getattr(sys.modules.get(name), "__file__", str(path)) != str(path):
        name += "_"
    return name
