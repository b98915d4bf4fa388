from __future__ import annotations

from collections.abc import Mapping

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cucurbit.analysis.context import Context
from cucurbit.analysis.isolated import isolated_entry
from cucurbit.analysis.remembered import Remembered
from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.run import unknown
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.questions import Witness
from cucurbit.workspace.tree.files import MemoryTree


def steps_in(facts: ModuleFacts) -> int:
    return len(facts.body)


def steps(context: Context) -> int:
    return context.about("a.py", steps_in) or 0


def doubled(context: Context) -> int:
    return 2 * context.memo(steps)


def any_step(context: Context) -> bool:
    return context.memo(steps) > 0


def squared(context: Context) -> int:
    return context.memo(steps) ** 2


def above(context: Context) -> int:
    return context.memo(doubled) + 1


def beside(context: Context) -> int:
    return context.memo(doubled) - 1


class Snapshots:
    """Contexts over texts of one file, each with what holds of the one before."""

    def __init__(self) -> None:
        self._remembered = Remembered()
        self._before = Context(folder_workspace(MemoryTree({})), (), ())

    def of(self, text: str, started: tuple[Timeline, ...] = (), isolated: tuple[Timeline, ...] = ()) -> Context:
        workspace = folder_workspace(MemoryTree({"a.py": text}))
        context = Context(Witness(workspace, self._remembered.note), started, isolated, remembered=self._remembered)
        self._remembered.change(workspace, ["a.py"], context.other_inputs(self._before))
        self._before = context
        return context

    @property
    def worked_out(self) -> int:
        return self._remembered.worked_out


def test_all_that_is_made_of_a_part_follows_it() -> None:
    snapshots = Snapshots()
    for text, count in (("x = 1\n", 1), ("x = 1\ny = 2\n", 2), ("", 0), ("x = 1\ny = 2\n", 2)):
        context = snapshots.of(text)
        assert context.memo(doubled) == 2 * count
        assert context.memo(squared) == count**2
        assert context.memo(above) == 2 * count + 1
        assert context.memo(beside) == 2 * count - 1


def test_a_part_that_is_asked_for_first_is_no_news_to_none() -> None:
    snapshots = Snapshots()
    assert snapshots.of("x = 1\n").memo(doubled) == 2
    context = snapshots.of("x = 1\ny = 2\n")
    assert context.memo(steps) == 2
    assert context.memo(doubled) == 4


def test_what_asks_for_the_same_is_not_worked_out_again() -> None:
    snapshots = Snapshots()
    context = snapshots.of("x = 1\n")
    assert context.memo(any_step)
    context = snapshots.of("x = 1\ny = 2\n")
    assert context.memo(any_step)
    assert snapshots.worked_out == 2
    context = snapshots.of("x = 1\ny = 3\n")
    assert context.memo(any_step)
    assert snapshots.worked_out == 0


def why(context: Context, timeline: Timeline) -> str:
    return timeline.events[0].detail


def reasons(context: Context) -> tuple[str, ...]:
    return tuple(context.per_timeline(why))


def initials(context: Context) -> str:
    return "".join(reason[0] for reason in context.memo(reasons))


def started(context: Context) -> int:
    return len(context.timelines) + len(context.isolated)


def timeline(path: str, reason: str) -> Timeline:
    return unknown(isolated_entry(folder_workspace(MemoryTree({path: ""})), path), reason)


def test_of_several_timelines_only_the_other_one_is_looked_at_again() -> None:
    one, two, new = timeline("one.py", "long"), timeline("two.py", "short"), timeline("two.py", "small")
    snapshots = Snapshots()
    assert snapshots.of("", (one,), (two,)).memo(initials) == "ls"
    context = snapshots.of("", (one,), (two,))
    assert context.memo(initials) == "ls"
    assert snapshots.worked_out == 0
    context = snapshots.of("", (one,), (new,))
    assert context.memo(reasons) == ("long", "small")
    assert context.memo(initials) == "ls"
    # The timeline, what looks at it, the reasons and their initials.
    assert snapshots.worked_out == 4


def test_timelines_that_come_and_go_are_looked_at() -> None:
    one, two = timeline("one.py", "long"), timeline("two.py", "short")
    snapshots = Snapshots()
    for live, alone, expected in (
        ((one,), (), ("long",)),
        ((one, two), (), ("long", "short")),
        ((two, one), (), ("short", "long")),
        ((two,), (one,), ("short", "long")),
        ((), (), ()),
        ((one,), (two,), ("long", "short")),
    ):
        context = snapshots.of("", live, alone)
        assert context.memo(reasons) == expected
        assert context.memo(started) == len(expected)
        assert context.timelines == live


def test_who_looks_at_all_timelines_is_worked_out_when_one_is_another() -> None:
    snapshots = Snapshots()
    assert snapshots.of("", (timeline("one.py", "long"),)).memo(started) == 1
    assert snapshots.of("", (timeline("one.py", "small"),)).memo(started) == 1
    assert snapshots.worked_out == 2


# ------------------------------------------------------------------ anything at all

FILES = ("a.py", "b.py", "c.py")


def node(context: Context, number: int) -> int:
    """Something made of a file and of lower numbers, which the file decides on; of some texts it cannot be made."""
    own = context.about(FILES[number % 3], steps_in) or 0
    if number % 5 == 4 and own == 3:
        raise ValueError(number)
    if number == 0:
        return own
    parts = [(7 * number + 3 * own) % number, (5 * number + own) % number][: own + 1]
    return own // 2 + max(context.memo_for(node, part) for part in parts)


def answer(context: Context, number: int) -> int | None:
    try:
        return context.memo_for(node, number)
    except ValueError:
        return None


@settings(max_examples=300, deadline=None)
@example([({}, [3]), ({"a.py": 0}, []), ({"b.py": 3}, [10]), ({"b.py": 0}, [10]), ({"a.py": 3}, [10])])
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(FILES), st.integers(0, 3), max_size=2),
            st.lists(st.integers(0, 11), max_size=4),
        ),
        max_size=12,
    )
)
def test_whatever_changes_and_is_asked_for_the_answers_are_those_of_a_fresh_start(
    edits: list[tuple[Mapping[str, int], list[int]]],
) -> None:
    remembered, counts = Remembered(), dict.fromkeys(FILES, 1)
    settled: list[tuple[Context, Context]] = []
    for changed, asked in edits:
        counts |= changed
        workspace = folder_workspace(MemoryTree({path: "x = 1\n" * count for path, count in counts.items()}))
        remembered.change(workspace, changed)
        context = Context(Witness(workspace, remembered.note), (), (), remembered=remembered)
        fresh = Context(workspace, (), ())
        assert [answer(context, number) for number in asked] == [answer(fresh, number) for number in asked]
        settled.append((context.frozen(workspace), fresh))
        for earlier, then in settled:
            # Who still looks at an older snapshot sees nothing of what is known since.
            assert [answer(earlier, number) for number in asked] == [answer(then, number) for number in asked]
