"""The oldest versions that pyproject.toml allows, as constraints for pip: `torch==2.11`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?\s*>=\s*(?P<version>[0-9][^,;\s]*)")


def lowest(project: dict[str, object]) -> list[str]:
    """A constraint for each dependency of the package and of its tests.

    Raises:
        ValueError: a dependency has no lower bound.
    """
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    found = []
    for one in dict.fromkeys([*project["dependencies"], *extras["test"]]):
        bound = BOUND.match(one)
        if bound is None:
            msg = f"`{one}` has no lower bound"
            raise ValueError(msg)
        found.append(f"{bound['name']}=={bound['version']}")
    return found


if __name__ == "__main__":
    text = PROJECT.read_text(encoding="utf-8")
    sys.stdout.write("\n".join(lowest(tomllib.loads(text)["project"])) + "\n")
