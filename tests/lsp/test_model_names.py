"""The names of models in the editor: completion, definition, references, highlights, hover and rename."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import NEOVIM, Editor
from tests.lsp.workspaces import lay_out

USER = """\
from base import Base
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("full_name", String(50))
    # ✋🏽 columns behind it count in UTF-16
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
"""

POST = """\
from base import Base
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts", order_by="User.name")
"""

FILES = {
    "base.py": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n",
    "user.py": USER,
    "post.py": POST,
    "main.py": "import post, user\n",
}


def place(root: Path, name: str, text: str) -> tuple[types.TextDocumentIdentifier, types.Position]:
    """The end of the first ``text`` in a file; everything in the files but one comment is ASCII."""
    before = FILES[name][: FILES[name].index(text) + len(text)]
    position = types.Position(before.count("\n"), len(before.rpartition("\n")[2]))
    return types.TextDocumentIdentifier((root / name).as_uri()), position


def shown(root: Path, locations: object) -> list[str]:
    assert isinstance(locations, (list, tuple))
    found = []
    for each in locations:
        name = each.uri.rpartition("/")[2]
        line = FILES[name].split("\n")[each.range.start.line]
        found.append(f"{name}: {line[each.range.start.character : each.range.end.character]}")
    return found


async def test_definition_and_references(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)

    async def leads(name: str, text: str) -> list[str]:
        params = types.DefinitionParams(*place(root, name, text))
        return shown(root, await editor.text_document_definition_async(params))

    assert await leads("post.py", 'ForeignKey("use') == ["user.py: users"]
    assert await leads("post.py", 'ForeignKey("users.i') == ["user.py: id"]
    assert await leads("post.py", 'back_populates="po') == ["user.py: posts"]
    assert await leads("post.py", 'order_by="User.na') == ["user.py: name"]
    assert await leads("user.py", 'list["Po') == ["post.py: Post"]

    async def users(name: str, text: str, *, declaration: bool = False) -> list[str]:
        context = types.ReferenceContext(include_declaration=declaration)
        params = types.ReferenceParams(context, *place(root, name, text))
        return shown(root, await editor.text_document_references_async(params))

    assert await users("user.py", "class Us") == ["post.py: User", "post.py: User"]
    assert await users("user.py", "    na") == ["post.py: name"]
    assert await users("user.py", '__tablename__ = "us', declaration=True) == ["user.py: users", "post.py: users"]


async def test_highlights_of_strings_only(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)

    async def lit(name: str, text: str) -> list[int]:
        params = types.DocumentHighlightParams(*place(root, name, text))
        found = await editor.text_document_document_highlight_async(params)
        return [each.range.start.line for each in found or ()]

    assert await lit("post.py", 'Mapped["Us') == [9, 9]
    assert await lit("post.py", "class Po") == []


async def test_hover_shows_what_a_string_names(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)

    async def told(name: str, text: str) -> str:
        found = await editor.text_document_hover_async(types.HoverParams(*place(root, name, text)))
        assert found is not None
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    assert (await told("post.py", 'ForeignKey("use')).startswith("**table `users`** · class `User` in `user`")
    assert (await told("post.py", 'ForeignKey("users.i')).startswith("**column `users.id`** · `Integer, primary key`")
    assert (await told("post.py", 'back_populates="po')).startswith(
        "**attribute `User.posts`** · `relationship to Post`"
    )
    assert (await told("post.py", 'order_by="User.na')).startswith("**attribute `User.name`** · `String(50)`")


async def test_a_rename_changes_every_string_that_means_the_same(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    where = place(root, "post.py", 'ForeignKey("users.i')
    prepared = await editor.text_document_prepare_rename_async(types.PrepareRenameParams(*where))
    assert isinstance(prepared, types.PrepareRenamePlaceholder)
    assert prepared.placeholder == "id"
    assert (prepared.range.start.character, prepared.range.end.character) == (61, 63)
    nothing = place(root, "post.py", "class Po")
    assert await editor.text_document_prepare_rename_async(types.PrepareRenameParams(*nothing)) is None

    edit = await editor.text_document_rename_async(
        types.RenameParams(*where[:1], position=where[1], new_name="user_id")
    )
    assert edit is not None
    editor.apply(edit)
    assert 'id: Mapped[int] = mapped_column("user_id", primary_key=True)' in (root / "user.py").read_text("utf-8")
    assert 'ForeignKey("users.user_id")' in (root / "post.py").read_text("utf-8")
    with pytest.raises(JsonRpcException, match="has a column full_name already"):
        await editor.text_document_rename_async(types.RenameParams(*where[:1], position=where[1], new_name="full_name"))


async def test_completion_does_not_wait_for_the_analysis_of_what_is_typed(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    uri = editor.open(root / "post.py")
    await editor.text_document_hover_async(types.HoverParams(*place(root, "post.py", "class Po")))

    async def offered(text: str) -> list[types.CompletionItem]:
        before, behind = text.split("|")
        editor.type_all(uri, before + behind)
        lines = before.split("\n")
        position = types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)
        found = await editor.text_document_completion_async(
            types.CompletionParams(types.TextDocumentIdentifier(uri), position)
        )
        assert isinstance(found, (types.CompletionList, type(None)))
        return list(found.items) if found is not None else []

    items = await offered(POST + '    other = mapped_column("✋🏽", ForeignKey("us|"))\n')
    assert [(each.label, each.detail) for each in items] == [
        ("posts.id", "Integer, primary key"),
        ("users.id", "Integer, primary key"),
    ]
    edit = items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    assert (edit.range.start.character, edit.range.end.character) == (45, 47)
    told = await editor.completion_item_resolve_async(items[1])
    assert isinstance(told.documentation, types.MarkupContent)
    assert told.documentation.value.startswith("**column `users.id`** \u00b7 `Integer, primary key`, at ")
    for data in (None, 1, {"uri": uri, "kind": "nothing", "name": "x", "path": "../x", "at": 1}):
        strange = types.CompletionItem("x", data=data)
        assert (await editor.completion_item_resolve_async(strange)).documentation is None
    items = await offered(POST + '    other = relationship("Us|\n')
    assert [each.label for each in items] == ["Post", "User"]
    # The newest analysis may know ``other`` already.
    keywords = [each.label for each in await offered(POST + "\n\nPost(|)\n")]
    assert keywords[:3] == ["id=", "author_id=", "author="]
    assert await offered(POST + '    other = unknown("|")\n') == []


async def test_the_signature_of_a_constructor(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    await editor.start(root)
    uri = editor.open(root / "main.py")
    await editor.text_document_hover_async(types.HoverParams(*place(root, "post.py", "class Po")))

    async def told(text: str) -> tuple[str, str | None] | None:
        before, behind = text.split("|")
        editor.type_all(uri, before + behind)
        position = types.Position(before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2)
        found = await editor.text_document_signature_help_async(
            types.SignatureHelpParams(types.TextDocumentIdentifier(uri), position)
        )
        if found is None:
            return None
        (signature,) = found.signatures
        assert signature.parameters is not None
        if found.active_parameter is None:
            return signature.label, None
        active = signature.parameters[found.active_parameter].label
        assert isinstance(active, tuple)
        return signature.label, signature.label[slice(*active)]

    label = "User(*, name: String(50), id: Integer = ..., posts: list[Post] = ...)"
    assert await told("import post, user\nuser.User(|)\n") == (label, "name: String(50)")
    assert await told("import post, user\nuser.User(name='\u270b\U0001f3fd', i|)\n") == (label, "id: Integer = ...")
    assert await told("import post, user\nprint(|)\n") is None


async def test_the_columns_of_joins_are_hinted_when_asked_for(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, FILES)
    editor.set_configuration({"cucurbit": {"inlayJoins": True}})
    await editor.start(root, spec=NEOVIM)
    await editor.analysed()
    document = types.TextDocumentIdentifier((root / "post.py").as_uri())
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    found = await editor.text_document_inlay_hint_async(types.InlayHintParams(document, everything))
    assert [(each.position.line, each.label) for each in found or ()] == [(9, "users.id = posts.author_id")]


async def test_a_hover_ends_with_the_statement_that_creates_the_table(editor: Editor, tmp_path: Path) -> None:
    files = FILES | {
        "alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = mysql://localhost/x\n",
        "migrations/env.py": "from alembic import context\nfrom base import Base\nimport post, user\n"
        "context.configure(target_metadata=Base.metadata)\nwith context.begin_transaction():\n"
        "    context.run_migrations()\n",
    }
    root = lay_out(tmp_path, files)
    await editor.start(root)
    for name, text in (("post.py", "class Po"), ("user.py", 'list["Po')):
        found = await editor.text_document_hover_async(types.HoverParams(*place(root, name, text)))
        assert found is not None
        assert isinstance(found.contents, types.MarkupContent)
        assert found.contents.value.split("In `mysql`:")[1].strip().split("\n") == [
            "```sql",
            "CREATE TABLE `posts` (",
            "    `id` INTEGER NOT NULL AUTO_INCREMENT,",
            "    `author_id` INTEGER NOT NULL,",
            "    PRIMARY KEY (`id`),",
            "    FOREIGN KEY (`author_id`) REFERENCES `users` (`id`)",
            ")",
            "```",
        ]
