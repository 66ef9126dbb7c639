"""What a step takes: axes, type and range of each input, and the check of a batch against them.

All is read on the host: shapes, types and devices. Numbers are compared with their range
where reading them costs no wait for a device: on the CPU, or when debugging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real

import torch
from torch import Tensor

from kdgraph.graph.axes import Binding, merged, rows_of_batch
from kdgraph.graph.graph import Axes, Axis, LossGraph
from kdgraph.graph.world import View, World
from kdgraph.lang.arguments import kind_of
from kdgraph.registry import REGISTRY
from kdgraph.viewstep import RAW, share_of

IMAGE, WHOLE, NUMBERS, ANY = "image", "whole", "numbers", "any"
OF_IMAGES, SIDES = 4, 2
FLOATS = frozenset(
    {"Logits", "Distribution", "LogDistribution", "Scaled", "Embedding", "Map", "Tokens", "Scalar"}
)
"""sorts whose values are never whole numbers or truth values"""
FREE_RULES = frozenset({"broadcast", "concat"})
"""shape rules of words whose slots need not agree"""
VECTORS = frozenset({"Logits", "Embedding"})
"""sorts whose rows are never of one number, even where their width is not known"""
FOLLOWS_SIZE = {"Map": 2, "Tokens": 1, "Tensor": 1}
"""sorts with axes that follow the size of the image, from this one on"""


@dataclass(frozen=True)
class Input:
    """What one input of a step must be.

    Attributes:
        axes: as the recipe has them; None where nothing is known.
        kind: an image, whole numbers that name something, numbers, or any of them.
        sort: of the recipe, for the type and for messages.
        words: the expression that a given value replaces.
        limit: whole numbers are from 0 to below this one; None where that is not known.
        ranged: whether the range is compared.
        free: an image whose height and width may be others than those of the sample.
    """

    name: str
    axes: Axes | None
    kind: str = NUMBERS
    sort: str = "Tensor"
    words: str = ""
    limit: int | None = None
    ranged: bool = False
    free: bool = False
    rows: tuple[tuple[int, int], ...] = field(init=False)
    sizes: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Part the axes into rows of the batch and known sizes, by their places."""
        known = list(enumerate(self.axes or ()))
        rows = [(place, rows_of_batch(axis)) for place, axis in known if axis.rows]
        sizes = [(place, axis.size) for place, axis in known if not axis.rows]
        object.__setattr__(self, "rows", tuple((place, n) for place, n in rows if n))
        object.__setattr__(self, "sizes", tuple((place, n) for place, n in sizes if n is not None))

    @property
    def shown(self) -> str:
        """What it is in the recipe."""
        stands = f" (`{self.words}`)" if self.words else ""
        if self.axes == ():
            return f"one number in the recipe{stands}"
        where = "as the step was compiled" if self.kind == IMAGE else "in the recipe"
        return f"({', '.join(map(str, self.axes or ()))}) {where}{stands}"


@dataclass
class Inputs:
    """The inputs of a step, in order, and the check of what it is given.

    Attributes:
        views: the names of all views; a loop may give those that this stage does not need.
        like: type of the sample.
        image: sizes of the sample.
        dtype: what losses compute in.
        sides_matter: whether the recipe computes with the height and width of images; asked when
            they are first others than the sample's. None where that is known not to be so.
        debug: compare numbers with their range on every device.
    """

    inputs: tuple[Input, ...]
    views: frozenset[str]
    like: torch.dtype
    image: tuple[int, ...]
    dtype: torch.dtype
    sides_matter: Callable[[], bool] | None = None
    debug: bool = False
    _matter: bool | None = None

    def __post_init__(self) -> None:
        """Images come first: sizes of other values may follow from theirs."""
        self.names = frozenset(one.name for one in self.inputs)
        self.order = sorted(self.inputs, key=lambda one: one.kind != IMAGE)

    def matched(
        self,
        x: object,
        y: object,
        i: object,
        given: Mapping[str, object],
    ) -> dict[str, object]:
        """What is given, by the names of the inputs.

        Raises:
            TypeError: something is missing, or not asked for.
        """
        views = x if isinstance(x, Mapping) else {"x": x}
        extra = [str(one) for one in given if one not in self.names]
        extra += [str(one) for one in views if not self._may_be_given(one)]
        if extra:
            msg = f"this step takes {self._shown()}, not {', '.join(sorted(extra))}"
            raise TypeError(msg)
        known: dict[str, object] = {"y": y, "i": i, **given, **views}
        for one in self.inputs:
            if known.get(one.name) is None:
                msg = f"this step needs {one.name!r}; it takes {self._shown()}"
                if one.kind == IMAGE and not isinstance(x, Mapping) and x is not None:
                    msg += ": give the views as a dictionary by name"
                raise TypeError(msg)
        return known

    def _may_be_given(self, name: object) -> bool:
        """Whether a view is one of the recipe's; a loop may make all of them for every stage.

        What is made on the way to a view has its name and a dot: `m.1`.
        """
        if name in self.names or name in self.views or name == RAW:
            return True
        return name in {share_of(view) for view in self.views} or "." in str(name)

    def _shown(self) -> str:
        return ", ".join(one.name for one in self.inputs)

    def checked(self, known: Mapping[str, object], device: torch.device) -> dict[str, Tensor]:
        """The inputs as tensors of the types that the program computes with.

        Raises:
            ValueError: of other axes, on another device, or out of range.
            TypeError: no tensor, or one of another type.
        """
        found: dict[str, Tensor] = {}
        counts: dict[str, int] = {}
        scaled = False
        for one in self.order:
            value = self._tensor(one, known[one.name], device)
            scaled = self._compare_sizes(one, value.shape, scaled=scaled) or scaled
            for place, each in one.rows:
                count = value.shape[place]
                if count % each:
                    raise ValueError(_broken(one, count, each))
                counts[one.name] = count // each
                if counts[one.name] != next(iter(counts.values())):
                    raise ValueError(_other_rows(one, value.shape, counts))
            found[one.name] = self._typed(one, value)
        if scaled:
            self._one_size(found)
        if 0 in counts.values():
            msg = "a batch has at least one image, and this one has none"
            raise ValueError(msg)
        if not torch.compiler.is_compiling():
            for one in self.inputs:
                if one.ranged and (found[one.name].device.type == "cpu" or self.debug):
                    in_range(one, found[one.name])
        return found

    def images_in(self, values: Mapping[str, Tensor]) -> int:
        """How many images a batch of checked inputs has; 1 where nothing says it."""
        known = (
            (values[one.name].shape[at] // each) for one in self.inputs for at, each in one.rows
        )
        return next(known, 1)

    def _compare_sizes(self, one: Input, shape: torch.Size, *, scaled: bool) -> bool:
        """Compare the axes whose sizes are known; says whether an image has other sides."""
        if one.axes is None:
            return False
        if len(shape) != len(one.axes):
            raise ValueError(_other_axes(one, shape))
        other = False
        for place, size in one.sizes:
            if shape[place] == size:
                continue
            if one.free and place >= OF_IMAGES - SIDES:
                self._other_sides(one, shape)
                other = True
            elif not scaled or not _may_follow(one, place, shape[place], size):
                raise ValueError(_other_axes(one, shape))
        if one.sort in VECTORS and shape[-1] == 1 != one.axes[-1].size:
            raise ValueError(_other_axes(one, shape))
        return other

    def _tensor(self, one: Input, value: object, device: torch.device) -> Tensor:
        """The value as a tensor on the device of the step."""
        if isinstance(value, Tensor):
            if value.layout != torch.strided:
                msg = f"`{one.name}` is {_short(value.layout)}: give `{one.name}.to_dense()`"
                raise TypeError(msg)
            if value.device == device:
                return value
            if value.ndim == 0 and value.device.type == "cpu":
                return value.to(device, non_blocking=True)
            hint = f"give `{one.name}.to({str(device)!r})`, or move the step"
            msg = f"`{one.name}` is on {value.device}, but the step is on {device}: {hint}"
            raise ValueError(msg)
        if one.axes == () and isinstance(value, Real) and not isinstance(value, bool):
            return torch.full((), float(value), dtype=self.dtype, device=device)
        msg = f"`{one.name}` is {kind_of(value)}, not a tensor{_how(one, value)}"
        raise TypeError(msg)

    def _typed(self, one: Input, value: Tensor) -> Tensor:
        """The value in the type that the program computes with."""
        dtype = value.dtype
        if dtype.is_complex:
            raise TypeError(_other_type(one, dtype, "real numbers"))
        if one.kind == IMAGE:
            if self.like.is_floating_point and not dtype.is_floating_point:
                wanted = f"floating-point numbers, as the sample was ({_short(self.like)})"
                hint = f": scale it, as in `{one.name}.float() / 255`"
                raise TypeError(_other_type(one, dtype, wanted, hint))
            if dtype == torch.bool and self.like != torch.bool:
                raise TypeError(_other_type(one, dtype, f"an image such as {_short(self.like)}"))
            return value
        if one.kind == WHOLE:
            if dtype.is_floating_point or dtype == torch.bool:
                raise TypeError(_other_type(one, dtype, "whole numbers, such as int64"))
            return value if dtype == torch.int64 else value.to(torch.int64)
        if dtype == torch.bool:
            if one.kind == ANY or one.sort in FLOATS:
                raise TypeError(_other_type(one, dtype, "numbers"))
            return value
        if dtype.is_floating_point:
            return value if dtype in {self.dtype, torch.float64} else value.to(self.dtype)
        return value.to(self.dtype) if one.sort in FLOATS else value

    def _other_sides(self, one: Input, shape: torch.Size) -> None:
        """Refuse images of another size than the sample's where the recipe computes with it."""
        if self._matter is None:
            self._matter = self.sides_matter is not None and self.sides_matter()
        if self._matter:
            here = f"`{one.name}` is {tuple(shape)}"
            there = f"the step is compiled for images of {tuple(self.image)}"
            msg = f"{here}, but {there}, and the recipe computes with their size"
            raise ValueError(msg)

    def _one_size(self, found: Mapping[str, Tensor]) -> None:
        """Refuse views of several sizes that are of one size in the recipe."""
        sides = {one.name: tuple(found[one.name].shape[2:]) for one in self.inputs if one.free}
        if len(set(sides.values())) > 1:
            words = ", ".join(f"`{name}` is {size}" for name, size in sides.items())
            msg = f"these views have one size in the recipe, but {words}"
            raise ValueError(msg)


def inputs_of(
    graph: LossGraph,
    world: World,
    names: Mapping[int, str],
    *,
    sample: Tensor,
    dtype: torch.dtype,
    examples: int | None,
    groups: int | None,
) -> Inputs:
    """The inputs of a lowered graph.

    Args:
        graph: as it is lowered.
        world: what it was built against.
        names: the nodes that are inputs, with their names.
        sample: a batch as the step will be given it.
        dtype: what losses compute in.
        examples: how many training examples there are, if that is known.
        groups: how many classes the labels of all training examples are of, if these are known.
    """
    image = tuple(sample.shape[1:])
    made: list[Input] = []
    for number, name in names.items():
        node = graph.node(number)
        if node.op.name == "input" and name in world.views:
            made.append(_of_view(world.views[name], image))
        elif node.op.name == "input" or node.sort == "Labels":
            named = list(_named_by(graph, number, examples, groups))
            limits = [one for one in named if one is not None]
            fits = name == "i" or bool([one for one in limits if one])
            made.append(
                Input(
                    name,
                    node.axes,
                    WHOLE if named or node.op.name != "input" or name == "i" else ANY,
                    node.sort,
                    _words(world, name),
                    min((one for one in limits if one), default=None),
                    ranged=bool(named) and fits,
                )
            )
        else:
            axes = _by_use(graph, number)
            made.append(Input(name, axes, NUMBERS, node.sort, _words(world, name)))
    return Inputs(tuple(made), frozenset(world.views), sample.dtype, image, dtype)


def _by_use(graph: LossGraph, number: int) -> Axes | None:
    """The axes of a value; what is not known of them may be known of what it is compared with."""
    axes = graph.node(number).axes
    for _, consumer, slot in graph.dag.out_edges(number, data="slot"):
        word = REGISTRY.get(graph.node(consumer).op.name)
        own = word.parameter(slot) if word is not None else None
        if word is None or own is None or not own.axes or word.flag("shape") in FREE_RULES:
            continue
        binding = Binding({})
        for other, source in graph.inputs(consumer):
            parameter = word.parameter(other)
            if parameter is not None:
                binding.bind(other, parameter.axes, graph.node(source).axes)
        found = binding.result(own.axes) if not binding.mistakes else None
        if found is None or (axes is not None and len(found) != len(axes)):
            continue
        axes = found if axes is None else tuple(map(merged, axes, found))
    return axes


def _words(world: World, name: str) -> str:
    return world.types[name].words if name in world.types else ""


def _of_view(view: View, image: tuple[int, ...]) -> Input:
    """An image; where it is as large as the sample, its height and width may be others."""
    sizes = view.sizes or (image if view.sizes is None and not view.form else None)
    if sizes is None:
        return Input(view.name, None, IMAGE, "Image")
    maps = len(sizes) == OF_IMAGES - 1
    fixed = maps or len(sizes) == 1
    axes = (
        Axis(rows=view.tag),
        *(Axis(size if fixed else None) for size in sizes),
    )
    return Input(view.name, axes, IMAGE, "Image", free=maps and sizes == image)


def _named_by(
    graph: LossGraph, number: int, examples: int | None, groups: int | None, *, own: bool = True
) -> Iterator[int | None]:
    """For each place where these numbers name something: of how many, 0 for nobody knows.

    None where they are not what is looked up there, but what comes of them, or where a mask
    leaves some out.
    """
    is_i = graph.node(number).op.knob("name") == "i"
    for _, consumer, slot in graph.dag.out_edges(number, data="slot"):
        node = graph.node(consumer)
        op, filled = node.op, dict(graph.inputs(consumer))
        word = REGISTRY.get(op.name)
        parameter = word.parameter(slot) if word is not None else None
        if slot == "which" and op.name in {"rows", "columns"}:
            axes = graph.node(filled["value"]).axes
            yield ((axes[0 if op.name == "rows" else -1].size or 0) if axes else 0) if own else None
        elif op.name in {"write", "recall"} and slot == "i":
            yield (examples or 0) if own else None
        elif op.knob("site") is not None:
            yield ((examples if is_i else groups) or 0) if own else None
        elif word is not None and parameter is not None and parameter.sort == "Labels":
            masked = any((p := word.parameter(s)) and p.sort == "Mask" for s in filled)
            yield _of_classes(graph, consumer, slot) if own and not masked else None
        elif node.sort == "Labels":
            same = op.name == "rows" and slot == "value"
            whole = same and graph.node(filled["which"]).op.name == "origin"
            yield from _named_by(graph, consumer, examples, groups, own=own and whole)


def _of_classes(graph: LossGraph, number: int, slot: str) -> int:
    """How many classes labels are of: the axis that their slot lacks beside another value's."""
    op, filled = graph.node(number).op, dict(graph.inputs(number))
    word = REGISTRY.get(op.name)
    parameter = word.parameter(slot) if word is not None else None
    assert word is not None
    assert parameter is not None
    for other, source in filled.items():
        beside, axes = word.parameter(other), graph.node(source).axes
        if beside is not None and _one_more(parameter.axes, beside.axes) and axes:
            return axes[-1].size or 0
    size = op.knob(word.axes.split()[-1]) if _one_more(parameter.axes, word.axes) else None
    return size if isinstance(size, int) else 0


def _one_more(pattern: str, other: str) -> bool:
    return other.split()[:-1] == pattern.split()


def in_range(one: Input, value: Tensor) -> None:
    """Compare numbers with their range; waits for the device that they are on.

    Raises:
        ValueError: one is out of range.
    """
    if not value.numel():
        return
    least, most = (int(end) for end in value.aminmax())
    if least >= 0 and (one.limit is None or most < one.limit):
        return
    found = least if least < 0 else most
    upper = "upwards" if one.limit is None else f"to {one.limit - 1}"
    msg = f"`{one.name}` holds {found}, but its numbers count from 0 {upper}"
    if least < 0 and one.name == "y":
        msg += "; a mask leaves rows out, as in `cross_entropy(student.logits, y, rows=y >= 0)`"
    raise ValueError(msg)


def _may_follow(one: Input, place: int, found: int, size: int) -> bool:
    """Whether a size of a value may be another because the images are of another size."""
    start = FOLLOWS_SIZE.get(one.sort)
    return start is not None and place >= start and 1 not in {found, size}


def _other_axes(one: Input, shape: torch.Size) -> str:
    said = f"`{one.name}` is {one.shown}, but the value given has the shape {tuple(shape)}"
    axes = one.axes or ()
    ones = [place for place, size in enumerate(shape) if size == 1]
    if len(shape) == len(axes) + 1 and ones:
        return f"{said}: leave out the axis of size 1, as in `{one.name}.squeeze({ones[-1]})`"
    if one.kind == WHOLE and len(shape) == len(axes) + 1:
        return f"{said}; of one-hot labels give `{one.name}.argmax(dim=-1)`"
    if one.kind == IMAGE and len(shape) == len(axes) - 1:
        return f"{said}: one image is a batch as `{one.name}[None]`"
    return said


def _other_rows(one: Input, shape: torch.Size, counts: Mapping[str, int]) -> str:
    words = ", ".join(f"{count} of `{name}`" for name, count in counts.items())
    said = f"the inputs of a step are of the same images, but there are {words}"
    if one.kind == IMAGE or len(shape) == 1:
        return said
    return f"{said}; `{one.name}` is {one.shown}, and the value given has the shape {tuple(shape)}"


def _broken(one: Input, found: int, each: int) -> str:
    return f"`{one.name}` has {each} rows for each image, and {found} rows are no whole number"


def _other_type(one: Input, dtype: torch.dtype, wanted: str, hint: str = "") -> str:
    return f"`{one.name}` takes {wanted}, and the value given is {_short(dtype)}{hint}"


def _short(kind: torch.dtype | torch.layout) -> str:
    return str(kind).removeprefix("torch.")


def _how(one: Input, value: object) -> str:
    """How to make a tensor of it, where that is plain."""
    if one.kind == IMAGE or not (hasattr(value, "__array__") or isinstance(value, (list, tuple))):
        return ""
    return f": give `torch.as_tensor({one.name})`"
