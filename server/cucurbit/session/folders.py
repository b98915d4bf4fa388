"""Which session a file belongs to if several folders are open; folders may be nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cucurbit.session.session import Session


def relative(root: str, path: str) -> str | None:
    """``path`` relative to ``root`` (both absolute, with ``/``); None if it is outside."""
    if path == root:
        return ""
    prefix = root if root.endswith("/") else root + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


class Folders:
    """The sessions of all workspace folders, by their roots."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def roots(self) -> Mapping[str, Session]:
        return dict(self._sessions)

    def add(self, session: Session) -> None:
        self._sessions[session.root] = session

    def remove(self, root: str) -> Session | None:
        return self._sessions.pop(root, None)

    def holding(self, path: str) -> Iterator[tuple[Session, str]]:
        """Every session whose folder contains ``path`` (absolute), with the path relative to that folder."""
        for root, session in self._sessions.items():
            inside = relative(root, path)
            if inside is not None:
                yield session, inside

    def owner(self, path: str) -> tuple[Session, str] | None:
        """The session of the innermost folder that contains ``path`` (absolute), and the relative path; else None."""
        found = list(self.holding(path))
        return max(found, key=lambda each: len(each[0].root)) if found else None
