"""Which session a file belongs to, where several folders are open, one perhaps inside another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cucurbit.session.session import Session


def relative(root: str, path: str) -> str | None:
    """``path`` relative to ``root`` (both absolute, with ``/``); None where it lies outside."""
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
        """Every session whose folder holds ``path`` (absolute), and the path in it."""
        for root, session in self._sessions.items():
            inside = relative(root, path)
            if inside is not None:
                yield session, inside

    def owner(self, path: str) -> tuple[Session, str] | None:
        """The session that speaks for ``path`` (absolute): that of the innermost folder; None outside of all."""
        found = list(self.holding(path))
        return max(found, key=lambda each: len(each[0].root)) if found else None
