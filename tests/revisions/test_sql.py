"""What SQL in a revision is taken to do."""

from __future__ import annotations

import pytest

from cucurbit.simulate.core.operations import AnyChange, DropIndex, DropTable, Operation, RenameIndex, SqlChange
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.packages.alembic.sql import operations_at, operations_in


def shown(operation: Operation) -> str:
    if isinstance(operation, SqlChange):
        return type(operation.operation).__name__ + " " + " ".join(each.key for each in operation.tables or ())
    if isinstance(operation, AnyChange):
        return "anything" if operation.tables is None else "changes " + " ".join(each.key for each in operation.tables)
    if isinstance(operation, DropTable):
        return f"drops {operation.table.key}"
    if isinstance(operation, RenameIndex):
        return f"renames index {operation.old.text} to {operation.new.text}"
    assert isinstance(operation, DropIndex)
    return f"drops index {operation.name.text}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UPDATE users SET name = 'DROP TABLE users; DROP TABLE x'", []),
        ("DELETE FROM a; -- DROP TABLE a\n INSERT INTO b SELECT * FROM a", []),
        ("DROP TABLE users", ["drops users"]),
        ('drop table if exists "Audit"."Logs" cascade;', ["drops Audit.Logs"]),
        ("ALTER TABLE ONLY users ADD COLUMN a INT; SELECT 1", ["AddColumn users"]),
        ("ALTER TABLE s.users RENAME TO people", ["RenameTable s.users s.people"]),
        ("CREATE UNIQUE INDEX CONCURRENTLY ix ON users USING btree (a)", ["CreateIndex users"]),
        ("DROP INDEX CONCURRENTLY IF EXISTS ix_a", ["drops index ix_a"]),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT 1", ["changes t"]),
        ("SELECT * INTO copy FROM users", ["anything"]),
        ("CREATE TYPE mood AS ENUM ('a')", []),
        ("DO $$ BEGIN ALTER TABLE x ADD y INT; END $$", ["changes x"]),
        (
            "DO $a$ BEGIN IF NOT EXISTS (SELECT 1) THEN CREATE TYPE mood AS ENUM ('a'); END IF; END $a$; DROP TABLE b",
            ["drops b"],
        ),
        (
            "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN undefined THEN null; END $$ LANGUAGE plpgsql",
            [],
        ),
        ("DO $$ BEGIN EXECUTE format('ALTER TYPE %I RENAME VALUE %L TO %L', a, b, c); END $$;", []),
        ("DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD x INT', a); END $$", ["anything"]),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE users_' || a || ' ADD x INT'; END $$", ["anything"]),
        ("DO $$ BEGIN EXECUTE a; END $$", ["anything"]),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE a' ; DROP TABLE b; UPDATE c SET d = 1; END $$", ["anything", "changes b"]),
        ("DO $$ BEGIN PERFORM migrate_all(1); END $$", ["anything"]),
        ("DO $$ -- ALTER TABLE a\nBEGIN PERFORM setval('s', max(id)) FROM a; END $$", []),
        ("DO 'BEGIN ALTER TABLE x ADD y INT; END'", ["anything"]),
        ("ALTER INDEX IF EXISTS s.ix_a RENAME TO ix_b", ["renames index ix_a to ix_b"]),
        ("ALTER INDEX ix_a SET (fillfactor = 50)", ["anything"]),
        ("DROP TABLE a, b", ["anything"]),
        ("sp_rename 'a', 'b'", ["anything"]),
        ("SELECT count(*), lower(name) FROM users WHERE id IN (1, 2)", []),
        ("SELECT AddGeometryColumn('users', 'place', 4326, 'POINT', 2)", ["anything"]),
        ("WITH a AS (SELECT 1) SELECT made_up(a) FROM a", ["anything"]),
        ("DROP TYPE mood", []),
        ("DROP TYPE mood CASCADE", ["anything"]),
        ("DROP EXTENSION IF EXISTS vector CASCADE", ["anything"]),
        ("DROP VIEW v CASCADE", []),
        ("SET search_path TO tenant; UPDATE a SET b = 1", ["anything"]),
        ("SET LOCAL lock_timeout = '5s'", []),
        ("ALTER SESSION SET CURRENT_SCHEMA = b", ["anything", "anything"]),
        ("USE other", ["anything"]),
        ("ROLLBACK", ["anything"]),
        ("UPDATE sqlite_master SET sql = ''", ["anything"]),
        ("ALTER TABLE users RENAME people", ["changes users people"]),
        ("ALTER TABLE users RENAME COLUMN a TO b", ["AlterColumn users"]),
        ("ALTER TABLE users SET SCHEMA s", ["changes users s.users"]),
    ],
)
def test_whole_text(text: str, expected: list[str]) -> None:
    assert [shown(each) for each in operations_in(text, Place("r0.py", 0))] == expected


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        ("UPDATE ", []),
        ("update t set a = '", []),
        ("UPDATE", ["anything"]),
        ("", ["anything"]),
        ("ALTER TABLE users ADD COLUMN ", ["changes users"]),
        ("ALTER TABLE user", ["anything"]),
        ("DROP TABLE a; UPDATE ", ["drops a"]),
    ],
)
def test_beginning_of_a_text(beginning: str, expected: list[str]) -> None:
    assert [shown(each) for each in operations_at(beginning)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALTER TABLE users ALTER COLUMN a TYPE kind USING a::text::kind", ["AlterColumn users"]),
        ("ALTER TABLE s.users ALTER a SET NOT NULL, ALTER b DROP DEFAULT", ["AlterColumn s.users"] * 2),
        ("ALTER TABLE users ADD COLUMN a varchar(9) DEFAULT 'x'::character varying NOT NULL", ["AddColumn users"]),
        ("ALTER TABLE users ADD COLUMN a INT REFERENCES b (id)", ["changes users"]),
        ("ALTER TABLE users ADD COLUMN a tsvector GENERATED ALWAYS AS (f(b)) STORED", ["changes users"]),
        ("ALTER TABLE users ADD COLUMN IF NOT EXISTS a INT", ["changes users"]),
        ("ALTER TABLE users DROP COLUMN a", ["DropColumn users"]),
        ("ALTER TABLE users DROP COLUMN a CASCADE", ["anything"]),
        ("ALTER TABLE users DROP CONSTRAINT a CASCADE", ["anything"]),
        ("ALTER TABLE users DROP CONSTRAINT IF EXISTS a", ["DropConstraint users"]),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey", ["changes users"]),
        ("ALTER TABLE users RENAME CONSTRAINT a TO b", ["RenameConstraint users"]),
        ("ALTER TABLE users RENAME TO people", ["RenameTable users people"]),
        ("ALTER TABLE Users RENAME a TO b", ["changes Users a"]),
        ("ALTER TABLE users VALIDATE CONSTRAINT a", []),
        ("ALTER TABLE users SET (fillfactor = 70)", []),
        ("ALTER TABLE users ADD CONSTRAINT a UNIQUE (b, c)", ["AddConstraint users"]),
        ("ALTER TABLE users ADD CONSTRAINT a UNIQUE USING INDEX b", ["changes users"]),
        (
            "ALTER TABLE users ADD CONSTRAINT a FOREIGN KEY (b) REFERENCES c (d) ON DELETE SET NULL NOT VALID",
            ["AddConstraint users"],
        ),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON users USING btree (b, c) WHERE b > 1", ["CreateIndex users"]),
        ("CREATE INDEX ON users (b)", ["changes users"]),
    ],
)
def test_statements_that_change_a_table_in_a_known_way(text: str, expected: list[str]) -> None:
    assert [shown(each) for each in operations_in(text, Place("r0.py", 0))] == expected
