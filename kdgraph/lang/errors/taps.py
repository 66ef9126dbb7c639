"""Mistakes about taps: places in a network that a recipe wants to look at."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class UnknownTap(Diagnostic):
    """A recipe taps a place that the network does not have.

    A tap is the name of a module, as ``network.named_modules()`` spells it, and means
    that module's output; with ``.input`` after it, that module's first input:

        feature: student.layer3[1].bn2
        vector:  student.fc.input

    Module names differ from network to network. ``print(network)`` shows them; the aliases
    ``logits``, ``features``, ``stem``, ``maps`` and ``preact`` exist in every network of the zoo.
    A network of your own says which of its modules they are, in your own loop by an attribute, in a
    plugin by ``@kdgraph.network(aliases=…)``:

        student.aliases = {"stem": "conv1", "maps": ("layer1", "layer2", "layer3")}
    """

    code = "KD310"
    title = "`{network}` has no module `{path}`"
    label = "not a module of `{network}`"
    help = "{hint}"

    network: str
    path: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class TapOfList(Diagnostic):
    """A recipe taps a list of modules, which has no value of its own.

    ``nn.ModuleList`` and ``nn.ModuleDict`` only hold modules; nothing ever calls them, so they have
    neither output nor input. Tap one of the modules they hold:

        feature: student.blocks[5]
    """

    code = "KD311"
    title = "`{path}` of `{network}` only holds other modules and has no value"
    label = "a list of modules"
    help = "tap one that it holds: {children}"

    network: str
    path: str
    children: str


@dataclass(frozen=True, kw_only=True)
class TapNotTensor(Diagnostic):
    """The value at a tap is not one tensor.

    Some modules return a tuple or a dictionary: attention returns its weights too, and some
    networks return auxiliary outputs while they train. A loss needs one tensor: tap a module
    inside, or the input of the module that comes next.

    Where a whole network returns a dictionary, say which of its modules makes the logits:

        teacher.aliases = {"logits": "head"}
    """

    code = "KD312"
    title = "{place} is {found}, not a tensor"
    label = "{found}"
    help = "{advice}"

    network: str
    path: str
    found: str

    def facts(self) -> dict[str, object]:
        """The fields, with the place in words; the network's own output has no path."""
        inside = "tap a module inside it, or the input of the module that follows"
        whole = 'say which module makes the logits: `network.aliases = {"logits": "head"}`'
        place = f"the value at `{self.path}` of" if self.path else "what comes out of"
        advice = inside if self.path else whole
        return {**super().facts(), "place": f"{place} `{self.network}`", "advice": advice}


@dataclass(frozen=True, kw_only=True)
class TapCalledTwice(Diagnostic):
    """A tapped module runs several times in one forward, so the tap has several values.

    Many networks keep one ``relu`` for a whole block and call it after every batch norm. Say which
    of its calls is meant, counted from 0, or from the last one backward:

        inner:  student.layer1[0].relu.calls[0]         # after the first one
        preact: student.layer1[0].relu.calls[-1].input  # before the last one

    Or tap a neighbour that runs once, such as the block around it.
    """

    code = "KD313"
    title = "`{path}` of `{network}` runs several times in one forward"
    label = "which of its calls"
    help = "say which: `.calls[0]` is the first, `.calls[-1]` the last"

    network: str
    path: str


@dataclass(frozen=True, kw_only=True)
class NoSuchCall(Diagnostic):
    """A tap asks for a call of a module that it does not make in one forward.

    ``relu.calls[0]`` is the first time that ``relu`` runs in a forward of the network, ``calls[1]``
    the second; ``calls[-1]`` is the last, also where it runs once.
    """

    code = "KD316"
    title = "`{path}` of `{network}` is not among the calls of that module"
    label = "it runs {times}"
    help = (
        "it runs {times} in one forward: `.calls[0]` to `.calls[{last}]`; `.calls[-1]` is the last"
    )

    network: str
    path: str
    times: str
    last: int


def no_such_call(network: str, path: str, count: int, span: Span | None) -> NoSuchCall:
    """The mistake, in numbers that people count by."""
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    last = count - 1
    return NoSuchCall(network=network, path=path, times=times, last=last, span=span)


@dataclass(frozen=True, kw_only=True)
class TapNotReached(Diagnostic):
    """A tapped module exists, but the forward never called it.

    Auxiliary heads run only in training, some branches depend on an option, and modules such as
    ``nn.MultiheadAttention`` use the weights of a part without calling the part. Tap the module
    around it.
    """

    code = "KD314"
    title = "`{path}` of `{network}` did not run in the forward"
    label = "never called"
    help = "tap the module around it, or one that always runs"

    network: str
    path: str


@dataclass(frozen=True, kw_only=True)
class NetworkRefused(Diagnostic):
    """A network cannot take images of the shape that the data set has.

    Wrong number of channels, or images smaller than the network's strides allow. The last line
    is what PyTorch said. Choose another network, or images of another size.
    """

    code = "KD315"
    title = "`{network}` cannot take a batch of shape {shape}"
    label = "fails on shape {shape}"
    help = "check channels and image size; PyTorch said: {reason}"

    network: str
    shape: str
    reason: str
