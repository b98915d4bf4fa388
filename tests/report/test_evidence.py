"""Evidence: what chains have in common is shown once, and what is left out is counted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.analysis.finding import Related
from cucurbit.report import evidence
from cucurbit.report.evidence import Evidence, Shown
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location


def step(name: str, chain: str = "") -> Related:
    return Related(Location(f"{name}.py", Span(1, 0, 1, 1)), f"imports {name}", chain)


def chain(label: str, *names: str) -> list[Related]:
    return [step(name, label) for name in names]


def text(shown: list[Shown]) -> list[str]:
    return [f"{'  ' * each.depth}{each.text}" for each in shown]


def test_chains_share_their_beginning() -> None:
    shown = Evidence([*chain("to x", "main", "routes", "x"), *chain("to y", "main", "routes", "y", "z")]).whole
    assert text(shown) == [
        "to x: imports main",
        "imports routes",
        "  to x: imports x",
        "  to y: imports y",
        "  imports z",
    ]


def test_a_long_chain_keeps_its_ends() -> None:
    names = [f"m{number}" for number in range(20)]
    shown = Evidence(chain("to m19", *names)).shortened(8)
    assert text(shown) == [
        "to m19: imports m0",
        "imports m1",
        "imports m2",
        "14 more steps",
        "imports m17",
        "imports m18",
        "imports m19",
    ]


def test_a_chain_whose_beginning_is_left_out_is_still_named() -> None:
    shown = Evidence([step("here"), *chain("to a", *"abcd"), *chain("to z", *"wxyz"), step("handler")]).shortened(6)
    assert text(shown) == [
        "imports here",
        "to a: 3 more steps",
        "imports d",
        "to z: 3 more steps",
        "imports z",
        "imports handler",
    ]


def test_the_first_of_many_alternatives_stands_for_all() -> None:
    related = [piece for number in range(32) for piece in chain(f"to m{number}", "main", "models", f"m{number}")]
    assert text(Evidence(related).shortened(7)) == [
        "to m0: imports main",
        "imports models",
        "imports m0",
        "and 31 more",
    ]


NAMES = st.sampled_from("abcdefgh")
CHAINS = st.lists(st.tuples(st.sampled_from(["", "to one", "to two", "to three"]), st.lists(NAMES, max_size=12)))


@given(CHAINS)
def test_every_piece_is_shown_and_no_step_twice_in_a_row(chains: list[tuple[str, list[str]]]) -> None:
    related = [piece for label, names in chains for piece in chain(label, *names)]
    shown = Evidence(related).whole
    assert {each.piece.location.path for each in shown if each.piece} == {each.location.path for each in related}
    assert len(shown) <= len(related)
    assert all(each.depth >= 0 for each in shown)


@given(CHAINS, st.integers(2, 15))
def test_what_is_shortened_fits(chains: list[tuple[str, list[str]]], most: int) -> None:
    related = [piece for label, names in chains for piece in chain(label, *names)]
    shown, whole = Evidence(related).shortened(most), Evidence(related).whole
    assert len(shown) <= most
    if len(whole) <= most:
        assert shown == whole
    else:
        assert any(each.piece is None for each in shown)
        assert {each.piece for each in shown if each.piece} <= set(related)


def test_many_places_are_no_trouble() -> None:
    related = [piece for number in range(5000) for piece in chain(f"to {number}", "main", f"m{number}")]
    assert text(Evidence(related).shortened(5))[-1] == "and 4999 more"
    deep = chain("to the end", *(f"m{number}" for number in range(5000)))
    assert "more steps" in "".join(text(Evidence(deep).shortened(5)))


def test_a_tree_is_built_once_for_each_number_of_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    tree = evidence._tree

    def counting(chains: Sequence[Sequence[Related]]) -> object:
        built.append(len(chains))
        return tree(chains)

    monkeypatch.setattr(evidence, "_tree", counting)
    known = Evidence([piece for number in range(300) for piece in chain(f"to {number}", "main", f"m{number}")])
    for most in range(12, 1, -1):
        known.shortened(most)
    assert built.count(300) == 1
    assert len(built) == len(set(built))
