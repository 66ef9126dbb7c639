"""What is said about a tap that a model does not have."""

from __future__ import annotations

from kdgraph.graph.near_tap import near_tap
from kdgraph.graph.network import Network

OWN = Network(
    "student", "Net", {"logits": "", "features": "head.input"}, {}, frozenset({"head"}), 3
)


def test_a_network_without_maps_is_told_how_to_name_them():
    said = near_tap(OWN, "maps").split("\n")

    assert said[0] == 'say which modules they are: `student.aliases = {"maps": ("…", "…")}`'
    assert near_tap(OWN, "stem").split("\n")[0].endswith('`student.aliases = {"stem": "…"}`')


def test_another_missing_module_says_nothing_of_aliases():
    assert "aliases" not in near_tap(OWN, "heed")
