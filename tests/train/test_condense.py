"""What a round decides, what training then sees, and what it leaves as it was."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest
import torch

from kdgraph.data.images import Images
from kdgraph.data.pool import Pool
from kdgraph.lang.condense import Condensing
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Out
from kdgraph.train.condense import Condenser, blended, parted, refuse_large, shares
from kdgraph.train.engine import train_stage
from kdgraph.train.interrupt import Interrupted
from kdgraph.train.journal import Journal
from kdgraph.train.optimise import rate
from kdgraph.train.worth import Worth, ranked
from tests.train.small import VIEWS, SmallStep, images, protocol

CPU = torch.device("cpu")
YES, NO = torch.tensor(data=True), torch.tensor(data=False)


def worth(*values):
    """Examples that were seen once, with these values; none of a value that is None."""
    made = Worth(len(values), CPU)
    for example, value in enumerate(values):
        if value is not None:
            made.note(torch.tensor([example]), torch.tensor([value]).double(), YES)
    return made


def condenser(n=8, **how):
    pixels = (10 * torch.arange(n, dtype=torch.uint8))[:, None, None, None].expand(n, 1, 1, 1)
    data = Images(pixels.clone(), torch.zeros(n, dtype=torch.int64), ("a",))
    return Condenser(Condensing(**how), Pool(data), Worth(n, CPU))


def seen(made, values):
    made.note({"condense": torch.tensor(values)}, torch.arange(len(values)), YES)


# -- what an example is worth


def test_the_running_mean_is_the_mean_of_all_values():
    made = worth(None)
    for value in (3.0, 1.0, 8.0):
        made.note(torch.tensor([0]), torch.tensor([value]), YES)

    assert made.mean.tolist() == [4.0]
    assert made.count.tolist() == [3]


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, -torch.inf])
def test_a_value_that_is_no_number_is_not_counted(broken):
    made = worth(2.0, 3.0)
    made.note(torch.tensor([0, 1]), torch.tensor([broken, 5.0]), YES)

    assert made.mean.tolist() == [2.0, 4.0]
    assert made.count.tolist() == [1, 2]


def test_a_step_that_was_not_carried_out_is_not_counted():
    made = worth(2.0)
    made.note(torch.tensor([0]), torch.tensor([9.0]), NO)

    assert (made.mean.tolist(), made.count.tolist()) == ([2.0], [1])


def test_zero_is_a_value_like_any_other():
    made = worth(0.0, 0.5)
    made.note(torch.tensor([0]), torch.tensor([4.0]), YES)

    assert made.count.tolist() == [2, 1]
    assert made.mean.tolist() == [2.0, 0.5]


def test_what_was_never_seen_comes_first_and_equal_scores_by_their_number():
    scores = worth(1.0, None, 2.0, 1.0, 0.0, None).scores(cost=0.03, unit=1.0)

    assert ranked(scores).tolist() == [1, 5, 2, 0, 3, 4]


def test_of_two_examples_of_one_value_the_one_seen_more_often_comes_first():
    made = worth(1.0, 1.0)
    made.note(torch.tensor([1]), torch.tensor([1.0]), YES)
    # 2^0.03 = 1.02101...
    assert made.scores(cost=0.03, unit=1.0).tolist() == pytest.approx([1.0, 1.0210121257])
    assert ranked(made.scores(cost=0.0, unit=1.0)).tolist() == [0, 1]


# -- a round


def test_the_lowest_kept_get_something_of_the_band_behind_them():
    made = condenser(keep=0.5, rounds=2)  # 8 → 6 → 4, two pairs a round
    seen(made, [8.0, 7, 6, 5, 4, 3, 2, 1])
    done = made.after(1)

    assert made.remain.tolist() == [0, 1, 2, 3, 4, 5]
    # pairs (4, 6) with 0 and (5, 7) with 0.15: 0.85·50 + 0.15·70 = 53
    assert torch.cat(list(made.pool.now(torch.arange(8)))).flatten().tolist() == [
        0, 10, 20, 30, 40, 53, 60, 70,
    ]  # fmt: skip
    assert (done.kept, done.left, done.returned, done.mixed) == (6, 2, 0, 1)


def test_the_paper_adds_every_image_left_out_and_cuts_off_at_white():
    made = condenser(n=8, keep=0.5, rounds=2, form="paper", mix=0.5)
    seen(made, [8.0, 7, 6, 5, 4, 3, 2, 1])
    made.after(1)
    # 40 + 0.25·60 = 55 and 50 + 0.5·70 = 85
    assert torch.cat(list(made.pool.now(torch.tensor([4, 5])))).flatten().tolist() == [55, 85]

    done = made.after(2)  # the four left out are mixed into all four kept ones
    assert (done.kept, done.mixed) == (4, 4)
    white = torch.full((1, 1, 1, 1), 250, dtype=torch.uint8)
    assert blended(white, white, *shares(1, 0.3, "paper")).item() == 255


def test_partners_are_no_more_than_stay():
    code = parted(torch.arange(10), 3, 10, "code")

    assert (code.last.tolist(), code.out.tolist()) == ([0, 1, 2], [3, 4, 5])


def test_an_example_that_was_left_out_may_return():
    made = condenser(keep=0.5, rounds=2)
    seen(made, [8.0, 7, 6, 5, 4, 3, 2, 1])
    made.after(1)
    made.worth.mean[7] = 9.0
    done = made.after(2)

    assert made.remain.tolist() == [7, 0, 1, 2]
    assert (done.left, done.returned) == (3, 1)


def test_a_round_that_would_leave_nothing_out_is_none():
    made = condenser(keep=0.5, rounds=2)
    seen(made, [8.0, 7, 6, 5, 4, 3, 2, 1])
    made.after(1)
    made.after(2)
    before = made.remain.clone()
    made.worth.mean.fill_(1.0)

    assert made.after(3) is None
    assert made.remain.equal(before)
    assert made.rounds == 2


def test_no_image_changes_without_mixing():
    made = condenser(keep=0.5, rounds=1, mix=0.0)
    seen(made, [8.0, 7, 6, 5, 4, 3, 2, 1])

    assert made.after(1).mixed == 0
    assert len(made.pool.pixels) == 0


class Streamed:
    """A million photographs that nobody reads."""

    channels, size = 3, (224, 224)

    def __len__(self):
        return 1_000_000


def test_more_mixed_images_of_a_stream_than_memory_holds_are_refused():
    # six rounds of 50 000, 300 000 images of 150 528 bytes
    with pytest.raises(RecipeError, match=r"300000 mixed images need 42\.1 GiB") as refused:
        refuse_large(Condensing(every=10), Streamed(), 60)
    assert [one.code for one in refused.value.diagnostics] == ["KD544"]
    refuse_large(Condensing(every=10, mix=0.0), Streamed(), 60)


# -- training on what is left


class Doubting(SmallStep):
    """The small step, which also says what its rows are worth."""

    def forward(self, views, y, i):
        out = super().forward(views, y, i)
        with torch.no_grad():
            p = self.student.fc(self.student.features(views["x"])).softmax(-1)
        self.looked.append(i)
        return out._replace(outputs={"condense": -(p * p.log()).sum(-1)})

    @property
    def looked(self):
        return self.__dict__.setdefault("_looked", [])


HOW = Condensing(keep=0.4, rounds=3, every=1.0)  # of 44: 36, 28, 20, and the rest


def train(out, step, split=None, **told):
    out.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    return train_stage(
        step,
        split or images(),
        VIEWS,
        protocol(epochs=4, batch=8, schedule="cosine", **told.pop("train", {})),
        seed=7,
        out=out,
        device=CPU,
        graph="abc",
        condense=HOW,
        log_every=4,
        save_every=0.0,
        listeners=(Journal(out / "metrics.jsonl"),),
        **{"resume": True, **told},
    )


def lines(out, *events):
    measured = {"seconds", "images_per_second"}
    found = [json.loads(one) for one in (out / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in one.items() if k not in measured}
        for one in found
        if not events or one["event"] in events
    ]


def test_epochs_get_shorter_and_see_what_was_kept(tmp_path):
    step, split = Doubting(44), images()
    before = split.train.pixels.clone()
    result = train(tmp_path, step, split)

    # 44, 36, 28, 20 images in batches of 8
    assert [one.step for one in result.history] == [6, 11, 15, 18]
    rounds = lines(tmp_path, "condense")
    assert [(one["epoch"], one["kept"]) for one in rounds] == [(1, 36), (2, 28), (3, 20), (4, 17)]
    assert all(sum(one["inside"]) == one["kept"] for one in rounds)
    assert all(sum(one["inside"] + one["outside"]) == 44 for one in rounds)
    assert sorted(torch.cat(step.looked[:6]).tolist()) == list(range(44))
    for start, end, count in ((6, 11, 36), (11, 15, 28), (15, 18, 20)):
        epoch = torch.cat(step.looked[start:end]).tolist()
        assert len(set(epoch)) == len(epoch) == count
    assert split.train.pixels.equal(before)


def test_the_learning_rate_goes_by_the_epochs_as_they_are(tmp_path):
    train(tmp_path, Doubting(44))
    training = protocol(epochs=4, batch=8, schedule="cosine")
    last = [one["lr"] for one in lines(tmp_path, "epoch")]

    assert last == [
        training.lr * rate(training, epoch, steps - 1, steps)
        for epoch, steps in ((1, 6), (2, 5), (3, 4), (4, 3))
    ]


def test_it_is_stopped_between_two_rounds_and_goes_on_to_the_very_bits(tmp_path):
    whole, step = Doubting(44), Doubting(44)
    result = train(tmp_path / "whole", whole)
    commit, done = step.commit, []

    def pressing(finite=None):
        commit(finite)
        done.append(1)
        if len(done) == 13:  # the second batch of epoch 3, after two rounds
            signal.raise_signal(signal.SIGINT)

    step.commit = pressing
    with pytest.raises(Interrupted):
        train(tmp_path / "stopped", step)
    again = Doubting(44)
    resumed = train(tmp_path / "stopped", again)

    assert len(again.looked) == 18 - 13
    for name, tensor in again.state_dict().items():
        assert tensor.equal(whole.state_dict()[name]), name
    assert [one.measures for one in resumed.history] == [one.measures for one in result.history]
    assert lines(tmp_path / "stopped") == lines(tmp_path / "whole")


def test_values_of_all_parts_of_a_batch_are_noted(tmp_path):
    step = Doubting(44)
    train(tmp_path, step, train={"accumulate": 2})

    assert [len(one) for one in step.looked[:2]] == [4, 4]
    assert [one["kept"] for one in lines(tmp_path, "condense")] == [36, 28, 20, 17]
    assert all(sum(one["inside"] + one["outside"]) == 44 for one in lines(tmp_path, "condense"))


def test_short_batches_of_ever_new_sizes_compile_no_graph_of_their_own(tmp_path):
    sizes = []

    def backend(module, inputs):
        sizes.append(len(next(one for one in inputs if one.dim() == 4)))
        return module.forward

    torch._dynamo.reset()
    train(tmp_path, Compilable(44), compile=backend)

    assert set(sizes) == {8}


class Compilable(SmallStep):
    """Stages nothing, which a compiled forward could not."""

    def forward(self, views, y, i):
        del i
        logits = self.student.fc(self.student.features(views["x"]))
        sup = torch.nn.functional.cross_entropy(logits, y)
        p = logits.detach().softmax(-1)
        value = -(p * p.log()).sum(-1)
        return Out(sup, {"sup": sup}, {"sup": torch.ones(())}, {"condense": value})

    def commit(self, finite=None):
        del finite


def test_a_share_is_rounded_as_the_released_code_rounds_it():
    # 0.3·((7 − 3)/7) + 0.7, each step in single precision; 1 − 0.3·3/7 is one step above
    own, other = shares(7, 0.3, "code")
    image, mixed = torch.zeros(1, 1, 1, 1, dtype=torch.uint8), torch.full((1, 1, 1, 1), 70)

    steps = np.float32(0.3) * ((np.float32(7) - np.float32(3)) / np.float32(7)) + np.float32(0.7)
    assert own[3].item() == float(steps) == 0.8714286088943481
    assert blended(image, mixed, own[3:4], other[3:4]).item() == 8  # 9 with the step above
