from __future__ import annotations

from cucurbit.rules.context import Context
from cucurbit.rules.remembered import Remembered
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.files import MemoryTree
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.questions import Witness


def steps_in(facts: ModuleFacts) -> int:
    return len(facts.body)


def steps(context: Context) -> int:
    return context.about("a.py", steps_in) or 0


def doubled(context: Context) -> int:
    return 2 * context.once(steps)


def any_step(context: Context) -> bool:
    return context.once(steps) > 0


def squared(context: Context) -> int:
    return context.once(steps) ** 2


def above(context: Context) -> int:
    return context.once(doubled) + 1


def beside(context: Context) -> int:
    return context.once(doubled) - 1


class Snapshots:
    """Contexts over texts of one file, each with what holds of the one before."""

    def __init__(self) -> None:
        self._remembered = Remembered()

    def of(self, text: str) -> Context:
        workspace = FolderWorkspace(MemoryTree({"a.py": text}))
        self._remembered.change(workspace, ["a.py"])
        return Context(Witness(workspace, self._remembered.note), (), (), self._remembered)

    @property
    def worked_out(self) -> int:
        return self._remembered.worked_out


def test_all_that_is_made_of_a_part_follows_it() -> None:
    snapshots = Snapshots()
    for text, count in (("x = 1\n", 1), ("x = 1\ny = 2\n", 2), ("", 0), ("x = 1\ny = 2\n", 2)):
        context = snapshots.of(text)
        assert context.once(doubled) == 2 * count
        assert context.once(squared) == count**2
        assert context.once(above) == 2 * count + 1
        assert context.once(beside) == 2 * count - 1


def test_a_part_that_is_asked_for_first_is_no_news_to_none() -> None:
    snapshots = Snapshots()
    assert snapshots.of("x = 1\n").once(doubled) == 2
    context = snapshots.of("x = 1\ny = 2\n")
    assert context.once(steps) == 2
    assert context.once(doubled) == 4


def test_what_asks_for_the_same_is_not_worked_out_again() -> None:
    snapshots = Snapshots()
    context = snapshots.of("x = 1\n")
    assert context.once(any_step)
    context = snapshots.of("x = 1\ny = 2\n")
    assert context.once(any_step)
    assert snapshots.worked_out == 2
    context = snapshots.of("x = 1\ny = 3\n")
    assert context.once(any_step)
    assert snapshots.worked_out == 0
