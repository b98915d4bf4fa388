"""Places of an older text in a newer one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cucurbit.session.line_shift import LineShift
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

LINES = st.lists(st.sampled_from(["a", "b", "", "  c"]), max_size=8)


@given(LINES, LINES, LINES, LINES)
def test_lines_around_an_edit_are_found_again(head: list[str], old: list[str], new: list[str], tail: list[str]) -> None:
    then, now = ("\n".join([*head, *middle, "end", *tail]) for middle in (old, new))
    shift = LineShift.between(SourceText(then), SourceText(now))
    for number, text in enumerate(then.split("\n"), 1):
        moved = shift.move(Span(number, 0, number, len(text)))
        assert 1 <= moved.line <= moved.end_line
        assert moved.line <= max(now.count("\n") + 1, 1)
        if number < shift.first or number >= shift.last:
            assert now.split("\n")[moved.line - 1] == text
            assert shift.back(moved.line) == number


def test_what_was_edited_has_no_older_line() -> None:
    shift = LineShift.between(SourceText("a\nb\nc"), SourceText("a\nx\ny\nc"))
    assert [shift.back(line) for line in (1, 2, 3, 4)] == [1, None, None, 3]
    assert shift.move(Span(1, 0, 3, 1)) == Span(1, 0, 4, 1)
    assert shift.move(Span(2, 0, 2, 1)).line == 2
