"""Knowledge distillation as equations: write the loss, run it.

step = kdgraph.compile("icd.kd", models={"teacher": t, "student": s}, sample=x)
out = step(x, y, i)
out.total.backward(); optimiser.step(); step.commit()

student = kdgraph.student("runs/icd")  # what a run has trained, ready to use
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.primitive import primitive  # at once: its module would take its name later

if TYPE_CHECKING:
    from kdgraph.compiler import compile, load  # noqa: A004 - the word people expect
    from kdgraph.examination import check
    from kdgraph.lang.diagnostics import RecipeError
    from kdgraph.models.added import network
    from kdgraph.train.student import student

__version__ = "0.1.0"
__all__ = [
    "RecipeError", "__version__", "check", "compile", "load", "network", "primitive", "student"
]  # fmt: skip

HOMES = {
    "check": "kdgraph.examination",
    "compile": "kdgraph.compiler",
    "load": "kdgraph.compiler",
    "network": "kdgraph.models.added",
    "student": "kdgraph.train.student",
    "RecipeError": "kdgraph.lang.diagnostics",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used: `import kdgraph` alone costs little."""
    if name not in HOMES:
        msg = f"module 'kdgraph' has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(HOMES[name]), name)
