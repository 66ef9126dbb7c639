"""What does not fit, told as a diagnostic at the user's own words."""

from __future__ import annotations

from kdgraph.graph.axes import Clash, RankMistake
from kdgraph.graph.frames import Argument
from kdgraph.graph.graph import Axes, Op
from kdgraph.graph.grid_shapes import CELLS
from kdgraph.graph.infer import WHOLE, AloneMistake, OverMistake, SortMistake
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.arguments import WrongKnob
from kdgraph.lang.errors.sorts import (
    AxisClash,
    DoubleSoftmax,
    Exchanged,
    OneEntry,
    OtherImages,
    WrongRank,
    WrongSort,
)
from kdgraph.lang.syntax import Binary, Compare, Syntax
from kdgraph.sorts import SORTS, accepts

Mistake = Clash | RankMistake | SortMistake | OverMistake | AloneMistake
At = dict[str, Argument]
SOFTMAXES = {"softmax", "log_softmax", "cross_entropy"}
TURNED = "the columns of the left side meet the rows of the right: `s @ tᵀ` turns one "
TURNED += "around, and `linear` brings both to one width"
STACKED = "stacks of matrices are multiplied one by one, so they are equally many"
JOINED = "`concat` joins along one axis; in all others its parts are alike"
VIEWS = "views are made in `views`; a module takes a value: `teacher.fc(v)`"
INDICES = "rows and columns are named by numbers such as `i`, `origin(view)` or `argmax(v)`"
MASKS = "a mask keeps rows of a mean or a loss: `rows=` of `mean`, `kl`, `cross_entropy`"
SHORT = {
    "Logits": "logits", "Distribution": "a distribution", "Labels": "labels",
    "LogDistribution": "log-probabilities", "Embedding": "vectors", "Map": "feature maps",
    "Tokens": "tokens",
    "Fraction": "a value that may be a fraction",
    "Scaled": "a scaled distribution", "Scalar": "one number", "Image": "images", "Mask": "a mask",
}  # fmt: skip


def told(mistakes: tuple[Mistake, ...], function: str, op: Op, at: At) -> list[Diagnostic]:
    """The diagnostics for what does not fit in one operation."""
    exchanged = _exchanged(mistakes, function, at)
    return [exchanged] if exchanged else [_told(one, function, op, at) for one in mistakes]


def sign_of(op: Op, tree: Syntax) -> str:
    """What people call an operation: the sign or the word they wrote."""
    signs = {
        "matmul": "@", "transpose": "ᵀ", "neg": "-", "columns": "v[:, J]", "rows": "v[j]",
        "column": "v[:, j]", "slice_columns": "v[:, 1:]",
    }  # fmt: skip
    if isinstance(tree, (Binary, Compare)):
        return {"*": "·", "@": "@"}.get(tree.op, tree.op)
    return signs.get(op.name, op.name)


def _exchanged(mistakes: tuple[Mistake, ...], function: str, at: At) -> Diagnostic | None:
    """Two arguments that would both be right in the other's place."""
    match mistakes:
        case (SortMistake() as one, SortMistake() as two):
            mutual = accepts(one.wanted, two.found) and accepts(two.wanted, one.found)
            here, there = at.get(one.slot), at.get(two.slot)
            if not mutual or here is None or there is None or here == there:
                return None
            return Exchanged(
                span=here.span,
                function=function,
                found=_words(one.found),
                wanted=_words(one.wanted),
                other=there.span,
                other_found=_words(two.found),
                other_wanted=_words(two.wanted),
            )
    return None


def _told(mistake: Mistake, function: str, op: Op, at: At) -> Diagnostic:
    place = at.get(mistake.slot)
    span = place.span if place else None
    slot = place.slot if place and place.slot else mistake.slot
    slot = {"columns": "J", "rows": "j"}.get(op.name, slot) if slot == "which" else slot
    match mistake:
        case SortMistake():
            if mistake.found in {"Distribution", "Scaled"} and op.name in SOFTMAXES:
                return DoubleSoftmax(span=span, function=function)
            return WrongSort(
                span=span, function=function, slot=slot, wanted=_words(mistake.wanted),
                found=_words(mistake.found), advice=_remedy(mistake, op),
            )  # fmt: skip
        case AloneMistake():
            return OneEntry(span=span, function=function, slot=slot, axis=mistake.axis)
        case OverMistake(slot="keep"):
            return WrongKnob(
                span=span, function=function, knob=slot, wanted=f"at most {mistake.rank}",
                found=f"{mistake.over}; the value has {mistake.rank} axes",
                advice="`keep` says how many axes at the front stay as they are",
            )  # fmt: skip
        case OverMistake():
            most = mistake.rank - 1
            return WrongKnob(
                span=span,
                function=function,
                knob=slot,
                wanted=f"an axis from {-most - 1} to {most}",
                found=f"{mistake.over}; the value has {mistake.rank} axes",
                advice="0 is the first axis, -1 the last",
            )
        case RankMistake():
            return WrongRank(
                span=span, function=function, slot=slot, axes=_pattern(mistake.pattern, at),
                found=_found(mistake.found), advice=_reshaped(mistake),
            )  # fmt: skip
    other = at.get(mistake.other) if mistake.other != mistake.slot else None
    if mistake.is_rows:
        return OtherImages(
            span=span, function=function, rows=str(mistake.size),
            other=other.span if other else None, other_rows=str(mistake.other_size),
            advice=_alike(mistake),
        )  # fmt: skip
    return AxisClash(
        span=span, function=function, axis=mistake.axis, size=str(mistake.size),
        other=other.span if other else None, other_size=str(mistake.other_size),
        advice=_matched(mistake, op),
    )  # fmt: skip


def _matched(mistake: Clash, op: Op) -> str:
    """What to do about axes of two sizes."""
    if op.name == "matmul":
        return TURNED if mistake.axis == "d" else STACKED
    sizes = {str(mistake.size), str(mistake.other_size)}
    if "b" in sizes and any(size.isdecimal() for size in sizes):
        return "rows of this batch are needed: of a bank or a table `M`, those are `M[i]`"
    if mistake.axis in {"h", "w"}:
        return "`shrink(a, b)` averages a map down to the height and width of another"
    return AxisClash.advice


def _alike(mistake: Clash) -> str:
    """What to do about rows of different images, or of different parts of them."""
    if CELLS in mistake.size.rows + mistake.other_size.rows:
        return "cut both maps into the same `cells`, or neither"
    return OtherImages.advice


def _words(sort: str) -> str:
    return SHORT.get(sort, SORTS.get(sort, sort))


def _pattern(pattern: str, at: At) -> str:
    """The axes that a slot takes, in words; `=guess 2` are as many as another slot has."""
    if not pattern.startswith("="):
        return f"axes `{pattern}`"
    slot, count = pattern[1:].split()
    other = at.get(slot)
    name = other.slot if other and other.slot else slot
    return f"{count} axes, as `{name}` has" if count != "1" else f"one axis, as `{name}` has"


def _found(axes: Axes) -> str:
    return f"axes {', '.join(map(str, axes))}" if axes else "no axes: it is one number"


def _remedy(mistake: SortMistake, op: Op) -> str:
    wanted, found = mistake.wanted, mistake.found
    if wanted == WHOLE:
        return INDICES if found != "Mask" else MASKS
    if wanted == "Image":
        return VIEWS
    if wanted == "Distribution" and found == "Logits":
        return "put a `softmax(…)` around it, or use `kd`, which takes logits"
    if found == "Scaled" and wanted == "Distribution":
        return "a temperature divides the logits, before the softmax: `softmax(v/T)`"
    if found == "Tokens" and wanted == "Map":
        return "make maps of them: `grid(v)`, without a class token `grid(v[:, 1:])`"
    if found == "Tokens" and wanted == "Embedding":
        return "take one token, as in `v[:, 0]`, or their mean: `mean(v, over=1)`"
    if wanted == "Distribution" and found in {"Embedding", "Map", "Tokens"}:
        return "`kl` compares probabilities; vectors and maps are compared by `mse` or `cosine`"
    if wanted == "Logits" and found == "Labels":
        return "logits come first, labels second: `cross_entropy(student.logits, y)`"
    if wanted == "Labels" and op.name == "cross_entropy":
        return "the labels are `y`; they come second: `cross_entropy(student.logits, y)`"
    if wanted == "Labels":
        return "the labels are `y`, and numbers of the examples `i`"
    if wanted == "Tokens":
        return "`tokens(f)` makes tokens of a map"
    if found == "Map":
        return "make vectors of it first: `flatten(…)`, or take `student.features`"
    if wanted == "Map":
        return "take feature maps: `student.maps[0]`, or a module such as `student.layer3`"
    if found == "LogDistribution":
        return "take the logarithm away: `softmax` instead of `log_softmax`"
    return "`kdgraph show --as graph` prints the sort of every value"


def _reshaped(mistake: RankMistake) -> str:
    """What to do about a value of too many or too few axes."""
    if mistake.slot == "view":
        return VIEWS
    if mistake.slot.startswith("parts"):
        return JOINED
    if mistake.slot == "rows":
        return "a mask has one number for each row: `rows=keep(scores, y, 0.5)`"
    maps, tokens, vectors = 4, 3, 2
    wanted = len(mistake.pattern.split())
    if len(mistake.found) == maps and wanted <= vectors:
        return "make vectors of the maps first: `flatten(…)`, or take `student.features`"
    if wanted == maps and len(mistake.found) == tokens:
        return "make maps of tokens: `grid(v)`, without a class token `grid(v[:, 1:])`"
    if wanted == maps and len(mistake.found) < maps:
        return "take feature maps: `student.maps[0]`, or a module such as `student.layer3`"
    return "`kdgraph show --as graph` prints the axes of every value"
