from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from kdgraph.lang.errors.resume import BrokenWeights
from kdgraph.train import teacher
from kdgraph.train.events import EpochResult
from kdgraph.train.lock import locked
from kdgraph.train.stage import StageResult
from tests.train.flips import flips

FACTS = {"model": "resnet20", "data": {"name": "digits", "digest": "12ab"}, "seed": 0}


class Training:
    """Stands for a training; counts how often it is asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self, network, out):
        self.calls += 1
        assert out.is_dir()
        with torch.no_grad():
            network.weight.fill_(self.calls)
        result = EpochResult(epoch=1, step=1, total=1.0, measures={"accuracy": 0.75})
        return StageResult(result, result, (result,), 2.0)


@pytest.fixture
def train():
    return Training()


@pytest.fixture
def told():
    return []


@pytest.fixture
def ask(tmp_path, train, told):
    def ask(facts=FACTS, network=None):
        network = network or nn.Linear(2, 2)
        kept = teacher.trained(
            network, facts, train, about={}, warn=told.append, waiting=lambda: None, cache=tmp_path
        )
        return kept, network

    return ask


def test_weights_are_trained_once_and_used_again(ask, train, told):
    first, one = ask()
    second, other = ask()

    assert train.calls == 1
    assert (first.fresh, second.fresh) == (True, False)
    assert torch.equal(one.weight, other.weight)
    assert (second.last, second.best, second.seconds) == (0.75, 0.75, 2.0)
    assert not told
    assert [one.name for one in first.path.parent.parent.iterdir() if one.is_dir()] == [
        first.path.parent.name
    ]


@pytest.mark.parametrize("change", [{"seed": 1}, {"model": "resnet32"}, {"data": {"name": "x"}}])
def test_anything_that_determines_weights_gives_them_another_place(ask, train, change):
    ask()
    ask({**FACTS, **change})

    assert train.calls == 2


def test_the_key_does_not_depend_on_the_order_of_facts_but_on_torchs_version(monkeypatch):
    turned = dict(reversed(FACTS.items()))
    assert teacher.key(FACTS) == teacher.key(turned)

    before = teacher.key(FACTS)
    monkeypatch.setattr(torch, "__version__", "9.9.1+cu999")
    other = teacher.key(FACTS)
    monkeypatch.setattr(torch, "__version__", "9.9.2")
    assert before != other == teacher.key(FACTS)


@pytest.mark.parametrize("harm", ["flip", "cut", "card", "gone"])
def test_weights_that_were_harmed_are_trained_again_with_a_warning(ask, train, told, harm):
    kept, _ = ask()
    data = kept.path.read_bytes()
    match harm:
        case "flip":
            kept.path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "cut":
            kept.path.write_bytes(data[:40])
        case "card":
            (kept.path.parent / "card.json").write_text("{}")
        case "gone":
            kept.path.unlink()

    again, network = ask()

    assert train.calls == 2
    assert again.fresh
    assert network.weight[0, 0] == 2
    assert [type(one) for one in told] == [BrokenWeights]
    assert ask()[0].fresh is False


@pytest.mark.parametrize("name", ["weights.safetensors", "card.json"])
def test_no_bit_of_kept_weights_can_turn_over_unseen(ask, name):
    kept, _ = ask()

    for _ in flips(kept.path.parent / name, 300):
        with pytest.raises(ValueError, match=r"checksum|JSON"):
            teacher._use(nn.Linear(2, 2), kept.path.parent)

    assert ask()[0].fresh is False


def test_weights_of_another_shape_are_not_loaded(ask, train, told):
    ask()

    ask(network=nn.Linear(3, 2))

    assert train.calls == 2
    assert "`weight` is (2, 2), not (2, 3)" in str(told[0])


def test_the_card_says_what_the_weights_are_of(ask):
    kept, _ = ask()

    card = json.loads((kept.path.parent / "card.json").read_text())
    assert card["facts"]["model"] == "resnet20"
    assert card["facts"]["torch"] == ".".join(torch.__version__.split("+")[0].split(".")[:2])


def test_a_training_that_fails_leaves_nothing_that_looks_trained(ask, tmp_path, train):
    def failing(_, out):
        (out / "checkpoints").mkdir()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        teacher.trained(
            nn.Linear(2, 2), FACTS, failing, about={}, warn=print, waiting=print, cache=tmp_path
        )

    kept, _ = ask()
    assert kept.fresh
    assert train.calls == 1


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("KDGRAPH_CACHE", str(tmp_path))
    assert teacher.folder() == tmp_path

    monkeypatch.delenv("KDGRAPH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform.startswith("linux"):
        assert teacher.folder() == tmp_path / "xdg" / "kdgraph"


def test_one_process_waits_for_another_and_a_dead_one_holds_nothing(tmp_path):
    file = tmp_path / "x.lock"
    hold = (
        "import sys, time\nfrom pathlib import Path\nfrom kdgraph.train.lock import locked\n"
        "with locked(Path(sys.argv[1]), lambda: None):\n    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    checkout = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdout=subprocess.PIPE, cwd=checkout
    )
    assert process.stdout.readline() == b"held\n"
    waited = []
    threading.Timer(0.3, process.kill).start()

    with locked(file, lambda: waited.append(process.poll())):
        assert process.poll() is not None

    assert waited == [None]
    process.stdout.close()
    process.wait()
