"""Holds what Cucurbit says of a program against what Python does with it."""

from __future__ import annotations

import re
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.opening import open_workspace
from cucurbit.record.comparison import rendered
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import Workspace
from tests.oracle.case import Case, Event
from tests.oracle.harness import RecordingProcess
from tests.oracle.judgement import Judged
from tests.oracle.prediction import Predicted, agrees, as_recorded, difference, entry_of, first_difference
from tests.oracle.programs.causes import observed
from tests.truth.promises import Said, broken


@dataclass(frozen=True)
class Verdict:
    """One program, run and predicted. ``disagreement`` is empty where both agree.

    ``false_errors`` are promises that were not kept, ``missed`` the rejected tables that no finding explains.
    ``explained`` counts the exceptions that Python printed a traceback of and that were surely to be expected;
    ``unexplained`` are those of them of which ``cucurbit explain`` does not say what the rules say, and where.
    ``causes`` says of each predicted event that is not certain which part of the simulator could not decide.
    ``assumed``: they differ where Python did not find a module that Cucurbit takes to be installed.
    """

    recorded: tuple[Event, ...]
    predicted: tuple[Predicted, ...]
    disagreement: str
    false_errors: tuple[str, ...]
    missed: tuple[str, ...]
    causes: tuple[str, ...]
    assumed: bool = False
    explained: int = 0
    unexplained: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return not (self.disagreement or self.false_errors or self.missed or self.unexplained)

    @property
    def difference(self) -> str:
        """The kind of the first event that differs, as it was predicted and as it was recorded."""
        texts = [rendered(event) for event in self.recorded]
        pairs = zip_longest((event.text for event in self.predicted), texts, fillvalue="nothing")
        first = next(((one, other) for one, other in pairs if one != other), ("", ""))
        return " / ".join(" ".join([text.partition(" ")[0], *re.findall(r"\(\w+\)$", text)]) for text in first)

    @property
    def uncertain(self) -> int:
        """How many predicted events are not certain, the cuts among them."""
        return sum(event.cut or not event.certain for event in self.predicted)

    @property
    def wrong(self) -> str:
        """What is wrong, in words."""
        return "\n".join(
            [*([self.disagreement] if self.disagreement else []), *self.false_errors, *self.missed, *self.unexplained]
        )


def judge(case: Case, recorder: RecordingProcess) -> Verdict:
    """Run ``case`` for real and predict it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = case.write(Path(folder).resolve() / "workspace")
        written = Path(folder) / "said.txt"
        recorded = recorder.record(case, root, Path(folder) / "events.jsonl", written)
        said = written.read_text(encoding="utf-8", errors="replace") if written.exists() else ""
        return compare(case, root, recorder, recorded, said)


def compare(case: Case, root: Path, recorder: RecordingProcess, recorded: list[Event], written: str) -> Verdict:
    """``written`` is what the program wrote to standard error."""
    requirements = root / "requirements.txt"
    if not requirements.exists():
        requirements.write_text(f"sqlalchemy=={recorder.version}\n", encoding="utf-8")
    workspace = open_workspace(root)
    entry = entry_of(case, workspace)
    try:
        with observed() as why:
            timeline = simulate(workspace, entry)
    except Exception:  # noqa: BLE001 - a defect of the simulator, to be shrunk and shown like the others
        return Verdict(tuple(recorded), (), traceback.format_exc(), (), (), ())
    rendered = [as_recorded(event, timeline, workspace) for event in timeline.events]
    predicted = [each for shown in rendered for each in shown]
    certain = all(event.certain and event.kind is not EventKind.CUT for event in timeline.events)
    judged = Judged(case, root, recorder, recorded, written, Context(workspace, (timeline,), ()))
    words = tuple(broken(Said(judged.found, certain), recorded))
    agree = agrees(predicted, recorded)
    assumed = not agree and lacks_installed(timeline, workspace, predicted, recorded)
    if assumed:
        return Verdict(tuple(recorded), tuple(predicted), "", (), (), (), assumed)
    expected = agree and certain
    return Verdict(
        tuple(recorded),
        tuple(predicted),
        "" if agree else difference(predicted, recorded),
        tuple(each for each in words if each.startswith("false error")),
        tuple(each for each in words if not each.startswith("false error")),
        tuple(why(event) for event, shown in zip(timeline.events, rendered, strict=True) for _ in shown if why(event)),
        explained=len(judged.explanations) if expected else 0,
        unexplained=tuple(judged.unexplained(of_all=True)) if expected else (),
    )


def lacks_installed(
    timeline: Timeline, workspace: Workspace, predicted: Sequence[Predicted], recorded: Sequence[Event]
) -> bool:
    """Whether the first difference is that Python missed a module which might have been installed.

    That is one at the top, or in a folder without an ``__init__.py``, which an installed package may share. What a
    ``finally`` executes on the way out is predicted as well, further on, and recorded before the failure.
    """
    here, there = first_difference(predicted, recorded)
    further = {each.text for each in predicted[here:]}
    other = next((text for text in map(rendered, recorded[there:]) if text not in further), "")
    if not other.endswith(("(ModuleNotFoundError)", "(ImportError)")):
        return False
    names = (name.rpartition(".")[0].replace(".", "/") for name in timeline.missed)
    return any(not folder or not any(map(workspace.is_file, inits(folder))) for folder in names)


def inits(folder: str) -> tuple[str, str]:
    return f"{folder}/__init__.py", f"src/{folder}/__init__.py"
