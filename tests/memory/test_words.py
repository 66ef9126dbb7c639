"""What each memory holds after writes, worked out by hand."""

from __future__ import annotations

import pytest
import torch

from kdgraph.memory.bank import bank
from kdgraph.memory.delay import delay
from kdgraph.memory.last import last_of_each
from kdgraph.memory.once import once
from kdgraph.memory.queue import queue
from kdgraph.memory.table import table

NO, YES = torch.tensor(data=False), torch.tensor(data=True)


def rows(*values):
    return torch.tensor([list(map(float, one)) for one in values])


def test_a_bank_starts_uniform_with_a_mean_squared_length_of_one():
    torch.manual_seed(0)
    made = bank((-1, 128), 4000, momentum=0.5).rows

    assert made.abs().max() <= (3 / 128) ** 0.5
    assert made.pow(2).sum(1).mean() == pytest.approx(1, abs=0.01)
    assert made.pow(2).sum(1).std() > 0.01  # not of length 1


def test_a_bank_row_is_the_direction_of_old_and_new_weighed():
    made = bank((-1, 2), 3, momentum=0.25)
    made.start(rows((1, 0), (0, 1), (5, 5)))
    made.write({"v": rows((0, 1)), "i": torch.tensor([0])})

    # 0.25·(1, 0) + 0.75·(0, 1) = (0.25, 0.75), of length √0.625
    assert made.rows[0].tolist() == pytest.approx([0.25 / 0.625**0.5, 0.75 / 0.625**0.5])
    assert made.rows[1:].tolist() == [[0, 1], [5, 5]]


def test_of_an_example_that_is_twice_in_a_batch_the_last_row_counts():
    made = bank((-1, 2), 2, momentum=0.0)
    made.write({"v": rows((1, 0), (0, 3), (-2, 0)), "i": torch.tensor([1, 0, 1])})

    assert made.rows.tolist() == [[0, 1], [-1, 0]]
    assert last_of_each(torch.tensor([5, 5, 2, 5])).tolist() == [3, 3, 2, 3]


def test_a_queue_lets_the_oldest_go_and_wraps():
    made = queue((-1, 1), 3)
    made.start(rows((1,), (2,), (3,)))
    made.write({"v": rows((4,), (5,))})
    made.write({"v": rows((6,), (7,))})

    assert sorted(made.rows.flatten().tolist()) == [5, 6, 7]
    assert made.oldest == 1
    assert made.rows[made.oldest] == 5


def test_a_batch_larger_than_the_queue_leaves_its_newest_rows():
    made = queue((-1, 1), 3)
    made.write({"v": rows(*((n,) for n in range(8)))})
    made.write({"v": rows((8,))})

    assert sorted(made.rows.flatten().tolist()) == [6, 7, 8]
    assert made.rows[made.oldest] == 6


def test_once_sees_its_first_value_and_keeps_it():
    made = once((), momentum=1.0)
    value = torch.tensor(3.0, requires_grad=True)

    assert made(value) == 3
    assert not made(value).requires_grad
    made.write({"v": torch.tensor(3.0)})
    made.write({"v": torch.tensor(5.0)})
    assert made(torch.tensor(9.0)) == 3


def test_once_with_a_momentum_is_a_moving_average_from_its_first_value():
    made = once((), momentum=0.75)
    for value in (4.0, 8.0, 0.0):
        made.write({"v": torch.tensor(value)})

    assert made(torch.tensor(0.0)) == 0.75 * (0.75 * 4 + 0.25 * 8)


def test_a_table_is_the_mean_of_all_that_was_said_with_its_count():
    made = table((-1,), 3)
    for value in (2.0, 4.0, 9.0):
        made.write({"v": torch.tensor([value, 1.0]), "i": torch.tensor([2, 0])})
    means, count = made()

    assert means.tolist() == [1, 0, 5]
    assert count.tolist() == [3, 0, 3]


def test_a_delay_gives_back_what_it_was_told_last_whatever_the_size():
    made = delay(x=None, z=None)
    assert not made.holds
    made.write({"x": torch.ones(4, 2), "z": torch.zeros(4)})
    made.write({"x": torch.zeros(3, 2), "z": torch.ones(3)})

    assert made.holds
    assert [one.tolist() for one in made()] == [[[0, 0]] * 3, [1, 1, 1]]


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (bank((-1, 2), 3, momentum=0.5), {"v": rows((1, 1)), "i": torch.tensor([1])}),
        (queue((-1, 2), 3), {"v": rows((1, 1))}),
        (once((), momentum=1.0), {"v": torch.tensor(2.0)}),
        (table((-1,), 3), {"v": torch.tensor([2.0]), "i": torch.tensor([1])}),
    ],
    ids=["bank", "queue", "once", "table"],
)
def test_a_step_that_is_not_finite_leaves_every_bit(made, values):
    before = {name: one.clone() for name, one in made.state_dict().items()}
    broken = {slot: one * float("nan") if slot == "v" else one for slot, one in values.items()}
    made.write(broken, NO)
    assert all(torch.equal(one, before[name]) for name, one in made.state_dict().items())
    made.write(values, YES)
    assert any(not torch.equal(one, before[name]) for name, one in made.state_dict().items())


def test_a_start_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"starts with \(3, 2\), not with \(1, 2\)"):
        bank((-1, 2), 3, momentum=0.5).start(torch.zeros(1, 2))


def test_a_delay_is_loaded_whatever_its_size():
    one, other = delay(z=None), delay(z=None)
    one.write({"z": torch.arange(5.0)})
    other.load_state_dict(one.state_dict())

    assert other.holds
    assert other()[0].tolist() == [0, 1, 2, 3, 4]
