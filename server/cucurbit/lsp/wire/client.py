"""The capabilities of the connected client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability

from cucurbit.source.text import Unit


@dataclass(frozen=True)
class Client:
    """The capabilities that the server uses, each False if the client does not state it.

    - ``pulls``: the client requests diagnostics, and can be told to request them again. A client that cannot be told
      would keep showing outdated diagnostics after a change in another file, so diagnostics are pushed to it.
    - ``diagnostic_source``: diagnostics name Cucurbit as their source. The initialization option ``diagnosticSource:
      false`` switches that off: ALE shows related information only then, and names the linter itself.
    - ``watches_disk``: the client reports changes that any program makes. Helix registers watchers, but only reports
      files that it saves itself.
    - ``shows_pages``: the client can show HTML (initialization option ``webview``).
    - ``shows_status``: the client wants a notification about each analysis (initialization option ``status``).
    - ``ticks_confirmed``: the client's preview leaves changes that need confirmation unticked, and the user should be
      asked only once (initialization option ``confirmsOnce``).
    - ``command_links``: the client runs ``cucurbit.showReach`` from a link in a hover (initialization option
      ``commandLinks``).
    """

    unit: Unit = "utf-16"
    pulls: bool = False
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    diagnostic_source: bool = True
    diagnostic_tags: frozenset[int] = frozenset()
    document_changes: bool = False
    annotations: bool = False
    resource_operations: frozenset[str] = frozenset()
    action_literals: bool = False
    action_resolve: bool = False
    applies_edits: bool = False
    progress: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    watches_disk: bool = False
    lens_refresh: bool = False
    hint_refresh: bool = False
    markdown: bool = False
    hierarchical_symbols: bool = False
    shows_documents: bool = False
    shows_pages: bool = False
    shows_status: bool = False
    ticks_confirmed: bool = False
    command_links: bool = False

    @property
    def creates_files(self) -> bool:
        return "create" in self.resource_operations

    @property
    def deletes_files(self) -> bool:
        return "delete" in self.resource_operations


def client_of(able: types.ClientCapabilities, encoding: str, options: Mapping[str, object], name: str = "") -> Client:
    """The client ``name`` with its capabilities and initialization options; ``encoding`` is the negotiated one."""
    tags = get_capability(able, "text_document.publish_diagnostics.tag_support")
    operations = get_capability(able, "workspace.workspace_edit.resource_operations") or ()
    resolved = get_capability(able, "text_document.code_action.resolve_support")
    formats = get_capability(able, "text_document.hover.content_format") or ()
    pulls = get_capability(able, "text_document.diagnostic") is not None
    watches = bool(get_capability(able, "workspace.did_change_watched_files.dynamic_registration"))
    return Client(
        unit="utf-8" if encoding == "utf-8" else "utf-32" if encoding == "utf-32" else "utf-16",
        pulls=pulls and bool(get_capability(able, "workspace.diagnostics.refresh_support")),
        related_information=bool(get_capability(able, "text_document.publish_diagnostics.related_information")),
        code_description=bool(get_capability(able, "text_document.publish_diagnostics.code_description_support")),
        diagnostic_data=bool(get_capability(able, "text_document.publish_diagnostics.data_support")),
        diagnostic_source=options.get("diagnosticSource") is not False,
        diagnostic_tags=frozenset(int(tag) for tag in tags.value_set) if tags is not None else frozenset(),
        document_changes=bool(get_capability(able, "workspace.workspace_edit.document_changes")),
        annotations=get_capability(able, "workspace.workspace_edit.change_annotation_support") is not None,
        resource_operations=frozenset(str(getattr(each, "value", each)) for each in operations),
        action_literals=get_capability(able, "text_document.code_action.code_action_literal_support") is not None,
        action_resolve=resolved is not None
        and "edit" in resolved.properties
        and bool(get_capability(able, "text_document.code_action.data_support")),
        applies_edits=bool(get_capability(able, "workspace.apply_edit")),
        progress=bool(get_capability(able, "window.work_done_progress")),
        configuration=bool(get_capability(able, "workspace.configuration")),
        registers_configuration=bool(get_capability(able, "workspace.did_change_configuration.dynamic_registration")),
        registers_watchers=watches,
        watches_disk=watches and name != "helix",
        lens_refresh=bool(get_capability(able, "workspace.code_lens.refresh_support")),
        hint_refresh=bool(get_capability(able, "workspace.inlay_hint.refresh_support")),
        markdown=types.MarkupKind.Markdown in formats,
        hierarchical_symbols=bool(
            get_capability(able, "text_document.document_symbol.hierarchical_document_symbol_support")
        ),
        shows_documents=bool(get_capability(able, "window.show_document.support")),
        shows_pages=options.get("webview") is True,
        shows_status=options.get("status") is True,
        ticks_confirmed=options.get("confirmsOnce") is True,
        command_links=options.get("commandLinks") is True,
    )
