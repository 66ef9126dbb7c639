"""The part of a network that its taps need, as a graph of modules that it shares with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from kdgraph.lower.catch import first_input
from kdgraph.lower.tap import Tap


def pruned(network: nn.Module, taps: Sequence[Tap], rows: Tensor) -> fx.GraphModule:
    """Trace, drop what comes after the last tap, then what no tap asks for.

    Only the modules *around* the taps are traced; all others stay the calls they are, with the
    control flow and the modes inside them. A node that writes over another's value is never taken
    for dead, and a tap that is written over later is cloned; both are seen in a run on `rows`.

    Raises:
        Exception: whatever the network's code raises when it is fed with a proxy.
    """
    holder = Holder(network)
    tracer = Tracer(network, taps)
    graph = tracer.trace(holder)
    nodes = [tracer.node(tap) for tap in taps]
    for node in reversed(graph.nodes):
        if node in nodes:
            break
        graph.erase_node(node)
    graph.output(tuple(nodes))
    ledger = _Ledger(fx.GraphModule(holder, graph), nodes)
    ledger.run(rows)
    _copy(graph, ledger.overwritten())
    graph.eliminate_dead_code(
        lambda node: node.op in {"placeholder", "output"} or node in ledger.writers
    )
    return fx.GraphModule(holder, graph, class_name=f"Cut{type(network).__name__}")


def _copy(graph: fx.Graph, nodes: Sequence[fx.Node]) -> None:
    """Give out copies of these nodes, taken as soon as they are there."""
    output = graph.output_node()
    for node in nodes:
        with graph.inserting_after(node):
            copy = graph.call_method("clone", (node,))
        output.replace_input_with(node, copy)


class Holder(nn.Module):
    """The network as the only child, so that tracing sees one input and marks nothing on it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.training = network.training

    def forward(self, x: Tensor) -> Any:  # noqa: ANN401 - whatever the network gives
        """What the network gives."""
        return self.network(x)


class Tracer(fx.Tracer):
    """Traces through modules that hold tapped ones, and remembers what the tapped ones saw."""

    def __init__(self, network: nn.Module, taps: Sequence[Tap]) -> None:
        super().__init__()
        self.tapped = {tap.module: network.get_submodule(tap.module) for tap in taps}
        around = {path for tap in taps for path in _above(tap.module)}
        self.around = [network.get_submodule(path) for path in around]
        self.seen: dict[nn.Module, list[dict[str, object]]] = defaultdict(list)

    def is_leaf_module(
        self,
        m: nn.Module,
        module_qualified_name: str,  # noqa: ARG002 - fx's own signature
    ) -> bool:
        """Whether a module stays the call it is."""
        return not any(m is one for one in self.around)

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # noqa: ANN401 - fx's own signature
        """Note what a module is given and gives."""
        output = super().call_module(m, forward, args, kwargs)
        self.seen[m].append({"input": first_input(args, kwargs), "output": output})
        return output

    def node(self, tap: Tap) -> fx.Node:
        """The node whose value the tap is."""
        calls = self.seen[self.tapped[tap.module]]
        place = tap.call or 0
        value = calls[place][tap.of] if -len(calls) <= place < len(calls) else None
        if not isinstance(value, fx.Proxy):
            msg = f"`{tap.path}` is out of the tracer's sight"
            raise TypeError(msg)
        return value.node


class _Ledger(fx.Interpreter):
    """Runs a graph and notes who writes over whose value; a tensor's version counts its writes."""

    def __init__(self, module: fx.GraphModule, tapped: Sequence[fx.Node]) -> None:
        super().__init__(module)
        self.tapped = set(tapped)
        self.writers: set[fx.Node] = set()
        self.values: dict[fx.Node, tuple[Tensor, int]] = {}

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401 - fx's own signature
        tensors = _tensors(self.fetch_args_kwargs_from_env(n))
        before = [_writes(one) for one in tensors]
        value = super().run_node(n)
        if before != [_writes(one) for one in tensors]:
            self.writers.add(n)
        if n in self.tapped and isinstance(value, Tensor):
            self.values[n] = (value, _writes(value))
        return value

    def overwritten(self) -> list[fx.Node]:
        """The tapped nodes whose values changed after they were made."""
        return [node for node, (value, then) in self.values.items() if _writes(value) != then]


def _above(path: str) -> list[str]:
    """The modules around a path.

    >>> _above("layer3.1.bn2"), _above("")
    (['', 'layer3', 'layer3.1'], [])
    """
    parts = path.split(".") if path else []
    return [".".join(parts[:depth]) for depth in range(len(parts))]


def _tensors(tree: object) -> list[Tensor]:
    return [one for one in tree_leaves(tree) if isinstance(one, Tensor)]


def _writes(tensor: Tensor) -> int:
    return tensor._version  # noqa: SLF001 - the only name torch gives it
