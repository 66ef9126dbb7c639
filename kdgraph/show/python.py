"""`kdgraph show --as python`: the PyTorch that a recipe became, line by line beside the recipe.

The code is what runs. Only three things are done to the text: names of functions lose their
module, which an import above tells; variables that are let go are not shown; and each block
says which line of the recipe it comes from.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator

from torch import fx, nn

from kdgraph.lang.source import Source
from kdgraph.lower.frozen import everything
from kdgraph.lower.spelling import spelled
from kdgraph.lower.step import Step

TRACE = re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+)')
LET_GO = re.compile(r";\s+(?:\w+ = )+None$")
TAKEN = re.compile(r"\bkdgraph_lower_draft__item\((\w+), (\d+)\)")
KEYWORD = re.compile(r"([(,] ?\w+) = ")
SUM = "the terms with their weights"
WIDEST = 80


def text(step: Step, source: Source | None = None) -> str:
    """The forward of a compiled step as Python.

    Args:
        step: compiled over real networks.
        source: the recipe, where it is not a file.
    """
    program = step.program
    variables = {node.name for node in program.graph.nodes}
    calls = {
        long: _call(made, variables)
        for long, made in program.graph.python_code("self").globals.items()
        if getattr(made, "__module__", "").startswith("kdgraph.")
    }
    modules = [f"# self.{path}: {words}" for path, words in _modules(step)]
    body = _body(program, {long: call for long, (call, _) in calls.items()}, source)
    imports = _imports({home for _, home in calls.values() if home[0]})
    return "\n".join([*imports, "", *modules, "", "", *body]) + "\n"


def _imports(homes: set[tuple[str, str]]) -> list[str]:
    """One import for each package."""
    packages: dict[str, list[str]] = {}
    for package, module in sorted(homes):
        packages.setdefault(package, []).append(module)
    return [f"from {package} import {', '.join(names)}" for package, names in packages.items()]


def _call(made: object, variables: set[str]) -> tuple[str, tuple[str, str]]:
    """How a function is called, `supervised.cross_entropy`, and what that needs imported."""
    name = getattr(made, "__name__", "")
    package, _, module = getattr(made, "__module__", "").rpartition(".")
    if name.startswith("_"):
        return name, ("", "")
    shown = f"{module}_" if module in variables else module
    also = f" as {shown}" if shown != module else ""
    return f"{shown}.{name}", (package, f"{module}{also}")


def _body(program: fx.GraphModule, calls: dict[str, str], source: Source | None) -> Iterator[str]:
    places = {node.name: _place(node) for node in program.graph.nodes}
    last = ""
    for line in program.code.strip("\n").split("\n"):
        words = LET_GO.sub("", line.rstrip())
        if not words:
            continue
        place = places.get(words.strip().partition(" ")[0], last)
        if place != last:
            yield ""
            yield f"    # {place}  {_written(place, source, program)}".rstrip()
            last = place
        words = TAKEN.sub(r"\1[\2]", words)
        for long, call in calls.items():
            words = words.replace(f"{long}(", f"{call}(")
        words = KEYWORD.sub(r"\1=", words)
        yield from _returned(words) if words.lstrip().startswith("return {") else [words]


def _place(node: fx.Node) -> str:
    """File and line of the recipe that a node of the program comes from."""
    found = TRACE.search(node.meta.get("stack_trace") or "")
    if found is None:
        return SUM
    return f"{_file(found['path'])}:{found['line']}"


def _file(path: str) -> str:
    """The last part of a path, as both kinds of system write them."""
    return path.replace("\\", "/").rpartition("/")[2]


def _written(place: str, source: Source | None, program: fx.GraphModule) -> str:
    """The line of the recipe, without its comment."""
    if place == SUM:
        return ""
    file, _, line = place.rpartition(":")
    if source is not None and _file(source.path) == file:
        text_ = source.line(int(line))
    else:
        traces = (TRACE.search(n.meta.get("stack_trace") or "") for n in program.graph.nodes)
        paths = [found["path"] for found in traces if found and _file(found["path"]) == file]
        text_ = linecache.getline(paths[0], int(line)) if paths else ""
    words = " ".join(re.sub(r"\s+#.*$", "", text_.rstrip()).split())
    return words if len(words) <= WIDEST else f"{words[: WIDEST - 1]}…"


def _returned(line: str) -> Iterator[str]:
    """The dictionary that is given back, one entry a line."""
    yield ""
    yield "    return {"
    inside = line.strip().removeprefix("return {").removesuffix("}")
    for entry in re.split(r", (?='(?:total|terms|weights|outputs)': )", inside):
        yield f"        {entry},"
    yield "    }"


def _modules(step: Step) -> Iterator[tuple[str, str]]:
    """The modules that the code calls, by the names it calls them by."""
    models = {spelled(name): name for name in step.models}
    seen = {str(n.target): None for n in step.program.graph.nodes if n.op == "call_module"}
    for path in seen:
        if path in models:
            yield path, _model(step, models[path])
        elif path != "clock":
            yield path, _described(step.program.get_submodule(path))


def _model(step: Step, name: str) -> str:
    """A network: its class, its size, and whether this stage trains it."""
    network = step.models[name]
    live = "trained" if step.world.trains_model(name) else "frozen"
    return f"{_described(network, type(network).__name__)}, {live}"


def _described(module: nn.Module, words: str = "") -> str:
    held = {id(one): one for inside in everything(module) for one in inside.parameters()}
    count = sum(one.numel() for one in held.values())
    words = words or f"{type(module).__name__}({module.extra_repr()})"
    return f"{words}, {count:,} parameter{'' if count == 1 else 's'}" if count else words
