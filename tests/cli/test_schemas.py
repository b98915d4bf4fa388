"""What the commands write as JSON is what ``docs/schemas/`` says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Cucurbit

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "charge-party" / "1-incident"


@pytest.mark.parametrize("name", ["check", "explain", "models", "revisions", "rules", "schema", "settings", "timeline"])
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text()))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("check", ["check"]),
        ("timeline", ["timeline"]),
        ("models", ["models"]),
        ("revisions", ["revisions"]),
        ("schema", ["schema"]),
        (
            "explain",
            ["explain", "InvalidRequestError: Table 'energy_events' is already defined for this MetaData instance."],
        ),
        ("rules", ["rules"]),
    ],
)
def test_documents_are_as_their_schemas_say(
    cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[str]
) -> None:
    monkeypatch.chdir(EXAMPLE)
    document = json.loads(cucurbit(*arguments, "--output-format", "json").out)
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert any(isinstance(value, list) and value for value in document.values())
    document["version"] = 2
    assert not Draft202012Validator(schema).is_valid(document)
