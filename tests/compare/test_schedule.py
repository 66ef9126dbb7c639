from __future__ import annotations

from dataclasses import replace

from kdgraph.compare.job import Job
from kdgraph.compare.schedule import in_order, next_job

KD = Job("kd, seed 0", "kd", "digits", {}, 0, 0, "kd/0", frozenset({"teacher"}))
ICD = replace(KD, title="icd, seed 0", folder="icd/0")
CE = replace(KD, title="ce, seed 0", folder="ce/0", shares=frozenset())


def test_nobody_begins_while_another_makes_what_it_shares():
    assert next_job([ICD, CE], [KD.shares], ()) == CE
    assert next_job([ICD], [KD.shares], ()) is None


def test_what_is_made_keeps_nobody_waiting():
    assert next_job([ICD, CE], [KD.shares], {"teacher"}) == ICD
    assert next_job([ICD, CE], [frozenset()], ()) == ICD


def test_seed_by_seed_and_first_what_others_wait_for():
    later = [replace(one, seed=1) for one in (CE, KD)]

    assert in_order([CE, *later, KD]) == [KD, CE, later[1], later[0]]
