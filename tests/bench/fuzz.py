"""Mutants of the shipped recipes through `check`, and some of them through an epoch of training:
`python -m tests.bench.fuzz --mutants 20000 --run 300`.

A mutant is a shipped recipe in which a few tokens of its expressions were exchanged, dropped,
repeated or wrapped. Each is either refused with a diagnostic or trains: a traceback, a time limit
or an error of PyTorch is a finding, and the exit code is 1. Everything is decided by the seed;
`--only 7,12` looks at these mutants again and prints them.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from kdgraph import files
from kdgraph.compiler import load
from kdgraph.examination import examined
from kdgraph.lang.diagnostics import RecipeError, render
from kdgraph.lang.read import read_all
from kdgraph.lang.source import Source
from kdgraph.registry import REGISTRY

SETTING = "digits"
VALUES: dict[str, object] = {
    "data.limit": 256, "data.test_limit": 64, "train.epochs": 1, "models.teacher.weights": "random",
}  # fmt: skip
TOKEN = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?|[^\W\d]\w*['′]*|[‖·+\-−*/^²³ᵀ@=<>:,()\[\].]|\s+|.")
SECTION = re.compile(r"^(\w+):")
EXPRESSIONS = {"loss", "where", "define", "views", "modules", "metrics", "stages"}
NUMBERS = [
    "0", "1", "-1", "2", "3", "0.5", "1e-9", "0.0", "-0.0", "7", "10", "64", "255", "257", "1e9",
    "10^12", "1e100", "2^31", "2^63", "0.1", "1000000", "none", "epoch", "classes", "examples",
]  # fmt: skip
NAMES = [
    "x", "y", "i", "epoch", "epochs", "classes", "student", "teacher", "teachers", "image", "none",
    "student.logits", "teacher.logits", "student.features", "teacher.features", "student.maps[0]",
    "student.maps", "teacher.maps[1]", "learn(0.0)", "learn(1.0, shape=[3])", "true",
    "linear(student.features, 4)", "student.fc(teacher.features)", "student(x).logits",
    "onehot(y, classes)", "softmax(student.logits)", "origin(x)", "columns(student.logits)",
    "rows(student.logits)", "bank(student.features)", "queue(student.features, 64)",
]  # fmt: skip
INDICES = ["[0]", "[-1]", "[3]", "[:, 0]", "[0:4]", "[1:]", "[:, 1:]", "[y]", "[i]", "[:, y]",
           "[y/2]", "[:, y/2]", "[10^12]", ".T", "²", "ᵀ", ".logits", ".maps"]  # fmt: skip
SIGNS = ["+", "-", "·", "/", "^", "@", "‖", ",", "<", "==", "="]


def recipes() -> list[str]:
    """The shipped recipes, as texts."""
    return [path.read_text(encoding="utf-8") for path in files.recipes()]


def words() -> list[str]:
    """What a call may be of: the words, and the functions of the library."""
    forms = ["zip", "count", "origin", "part", "width", "channels", "rows", "columns", "learn"]
    return [*sorted(one.name for one in REGISTRY), *sorted(load(files.library()).define), *forms]


def tokens_of(text: str) -> tuple[list[str], list[int]]:
    """The tokens of a recipe, and the places of those that stand in expressions."""
    found: list[str] = []
    places: list[int] = []
    section = ""
    for line in text.splitlines(keepends=True):
        head = SECTION.match(line)
        section = head[1] if head else section
        body, _, comment = line.partition(" #") if not line.startswith("#") else ("", "", line)
        key = re.match(r"\s*(?:- )?[^:\s]+:(?=\s)", body)
        start = key.end() if key else 0
        found.append(body[:start])
        for token in TOKEN.findall(body[start:]):
            if section in EXPRESSIONS and token.strip():
                places.append(len(found))
            found.append(token)
        found.append(f" #{comment}" if body and comment else comment)
        if found[-1] and not found[-1].endswith("\n"):
            found.append("\n" * line.endswith("\n"))
    return found, places


def mutant(texts: list[str], vocabulary: list[str], draw: random.Random) -> str:
    """One recipe with a few changes; most of them can be read, for what comes after reading."""
    for _ in range(draw.choice([1, 10, 10, 10])):
        text = once(texts, vocabulary, draw)
        try:
            if not read_all(Source("mutant.kd", text)).mistakes:
                break
        except RecipeError:
            continue
    return text


def once(texts: list[str], vocabulary: list[str], draw: random.Random) -> str:
    """One recipe with a few changes, as they come."""
    tokens, places = tokens_of(draw.choice(texts))
    for _ in range(draw.choice([1, 1, 1, 2, 2, 3])):
        if not places:
            break
        at = draw.choice(places)
        tokens[at] = changed(tokens, at, vocabulary, draw)
    return "".join(tokens)


def changed(tokens: list[str], at: int, vocabulary: list[str], draw: random.Random) -> str:
    """What a token becomes."""
    token = tokens[at]
    names = [one for one in tokens if one.isidentifier()]
    calls = at + 1 < len(tokens) and tokens[at + 1] == "("
    if token.isidentifier() and calls and draw.random() < 0.6:
        return draw.choice(vocabulary)
    if token[:1].isdigit() and draw.random() < 0.7:
        return draw.choice(NUMBERS)
    if token in SIGNS and draw.random() < 0.7:
        return draw.choice(SIGNS)
    value = token.isidentifier() and not calls
    ways: list[Callable[[], str]] = [
        lambda: draw.choice(names),
        lambda: draw.choice(NAMES),
        lambda: draw.choice(NUMBERS),
        lambda: "",
        lambda: f"{token}, {token}",
    ]
    if value:
        ways += [
            lambda: f"{draw.choice(vocabulary)}({token})",
            lambda: f"{draw.choice(vocabulary)}({token}, {draw.choice(NUMBERS)})",
            lambda: f"{draw.choice(vocabulary)}({token}, {draw.choice(NAMES)})",
            lambda: f"{token}{draw.choice(INDICES)}",
            lambda: f"{token}{draw.choice(INDICES)}",
            lambda: f"({token} {draw.choice(SIGNS[:6])} {draw.choice([*NAMES, *NUMBERS])})",
        ]
    return draw.choice(ways)()


class TooSlowError(BaseException):
    """A mutant took longer than its limit; no handler of ours takes it for a mistake."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise `TooSlowError` where the body takes longer."""

    def late(_: int, __: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def values_of(text: str) -> dict[str, object]:
    """What a mutant is checked and run with; a recipe of many negatives is given fewer."""
    return {**VALUES, **({"K": 32} if re.search(r"^  K:", text, re.MULTILINE) else {})}


def looked_at(text: str) -> list[str]:
    """The codes of what `check` says; every message is drawn."""
    try:
        found = examined(text, SETTING, values_of(text)).analysis.mistakes
    except RecipeError as error:
        found = error.diagnostics
    for one in found:
        drawn = render(one)
        assert len(drawn) < 4_000, f"a message of {len(drawn)} letters"
    return [one.code for one in found if one.severity == "error"]


def trained(text: str, folder: Path) -> str:
    """Train one epoch; the code of a mistake that only the run found, or `trained`."""
    import torch

    from kdgraph.train.method import Place
    from kdgraph.train.request import Request
    from kdgraph.train.run import Run
    from kdgraph.train.rundir import RunDir

    request = Request(text, SETTING, values_of(text), baseline=False)
    place = Place(torch.device("cpu"))
    run = Run(request, RunDir(folder), place, say=lambda _: None, listen=lambda _: ())
    try:
        run.run()
    except RecipeError as error:
        return error.diagnostics[0].code
    return "trained"


def culprit(error: BaseException) -> str:
    """Where an exception came from, short enough to count by."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "/kdgraph/" in one.filename]
    at = (ours or frames)[-1]
    words = str(error).strip().splitlines()[:1]
    return f"{type(error).__name__} at {at.filename.rpartition('kdgraph/')[2]}:{at.lineno}: {words}"


def attempt(work: Callable[[], object], seconds: int) -> tuple[object, BaseException | None]:
    """The result of some work, or what it raised."""
    try:
        with within(seconds):
            return work(), None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - what may be raised is the question
        return None, error


def main() -> None:
    """Print how many mutants were refused, trained, and what was found."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--mutants", type=int, default=2_000)
    given.add_argument("--run", type=int, default=0, help="how many of those that pass are trained")
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--limit", type=int, default=10, help="seconds of one check")
    given.add_argument("--run-limit", type=int, default=120, help="seconds of one run")
    given.add_argument("--memory", type=int, default=12, help="GB that the process may map")
    given.add_argument("--only", default="", help="numbers of mutants to print and look at")
    asked = given.parse_args()
    most = asked.memory << 30
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.exit(fuzzed(asked))


def fuzzed(asked: argparse.Namespace) -> int:  # noqa: PLR0915 - one report, from top to bottom
    """The whole: checks first, then runs; gives back the exit code."""
    texts, vocabulary = recipes(), words()
    for text in texts:  # what is imported and cached on the way is not timed
        looked_at(text)
    only = {int(one) for one in asked.only.split(",") if one}
    codes: Counter[str] = Counter()
    found: Counter[str] = Counter()
    first: dict[str, int] = {}
    slowest = (0.0, 0)
    passed: list[tuple[int, str]] = []
    original = set(texts)

    def note(number: int, error: BaseException, text: str) -> None:
        what = culprit(error)
        found[what] += 1
        if first.setdefault(what, number) == number or only:
            print(f"--- mutant {number}: {what}\n{text}", flush=True)
            if only:
                traceback.print_exception(error)

    for number in sorted(only) or range(asked.mutants):
        text = mutant(texts, vocabulary, random.Random(f"{asked.seed}/{number}"))
        before = time.perf_counter()
        told, error = attempt(lambda text=text: looked_at(text), asked.limit)
        slowest = max(slowest, (time.perf_counter() - before, number))
        if error is not None:
            note(number, error, text)
            continue
        assert isinstance(told, list)
        codes.update(set(told))
        if only:
            print(text, told)
        if number % 1_000 == 999:
            print(f"{number + 1} checked, {len(passed)} pass", flush=True)
        if not told and text not in original:
            passed.append((number, text))
    refused = (len(only) or asked.mutants) - len(passed) - sum(found.values())
    print(f"checked {len(only) or asked.mutants}: {refused} refused or unchanged, ", end="")
    print(f"{len(passed)} pass, {sum(found.values())} findings; ", end="")
    print(f"slowest {slowest[0]:.1f} s (mutant {slowest[1]})")
    print(
        "codes:", ", ".join(f"{code} {count}" for code, count in sorted(codes.items())), flush=True
    )
    ended: Counter[str] = Counter()
    random.Random(asked.seed).shuffle(passed)
    for number, text in passed[: asked.run]:
        with tempfile.TemporaryDirectory() as folder:
            work = lambda text=text, folder=folder: trained(text, Path(folder))  # noqa: E731
            how, error = attempt(work, asked.run_limit)
        if error is not None:
            note(number, error, text)
            continue
        ended[str(how)] += 1
        if how != "trained" and only:
            print(f"mutant {number} ends in {how}")
    if asked.run:
        print("runs:", ", ".join(f"{how} {count}" for how, count in sorted(ended.items())))
    for what, count in found.most_common():
        print(f"{count:5} × {what}, first mutant {first[what]}")
    return 1 if found else 0


if __name__ == "__main__":
    main()
