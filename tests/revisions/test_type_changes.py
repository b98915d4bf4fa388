"""What a change of type means on PostgreSQL: its documentation of ``ALTER TABLE`` and its catalogue ``pg_cast``."""

from __future__ import annotations

import pytest

from cucurbit.rules.unsafe_migration.type_change import changed


@pytest.mark.parametrize(
    ("old", "had", "new", "has", "expected"),
    [
        ("varchar", ("50",), "varchar", ("50",), ""),
        ("varchar", ("50",), "varchar", ("90",), ""),
        ("varchar", ("50",), "varchar", (), ""),
        ("varchar", ("50",), "text", (), ""),
        ("text", (), "varchar", (), ""),
        ("varchar", ("50",), "varchar", ("20",), "narrows"),
        ("varchar", (), "varchar", ("20",), "narrows"),
        ("text", (), "varchar", ("20",), "narrows"),
        ("varchar", None, "varchar", ("20",), ""),
        ("numeric", ("10", "2"), "numeric", ("12", "2"), ""),
        ("numeric", ("10", "2"), "numeric", (), ""),
        ("numeric", ("10", "2"), "numeric", ("12", "4"), "rewrites"),
        ("numeric", ("10", "2"), "numeric", ("10", "4"), "narrows"),
        ("numeric", (), "numeric", ("10", "2"), "rewrites"),
        ("integer", (), "bigint", (), "rewrites"),
        ("bigint", (), "integer", (), "narrows"),
        ("integer", (), "numeric", (), "rewrites"),
        ("timestamp without time zone", (), "timestamp with time zone", (), "rewrites"),
        ("json", (), "jsonb", (), "rewrites"),
        ("uuid", (), "text", (), "rewrites"),
        ("varchar", ("50",), "integer", (), "refused"),
        ("text", (), "uuid", (), "refused"),
        ("text", (), "boolean", (), "refused"),
        ("varchar", ("50",), "timestamp with time zone", (), "refused"),
        ("boolean", (), "integer", (), "refused"),
        ("integer", (), "boolean", (), "refused"),
        ("mood", (), "integer", (), ""),
    ],
)
def test_what_a_change_means(
    old: str, had: tuple[str, ...] | None, new: str, has: tuple[str, ...] | None, expected: str
) -> None:
    assert changed(old, had, new, has) == expected
