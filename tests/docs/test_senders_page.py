"""senders.md: its policies hold, it has every key, and its example of the webhook keeps to the schema."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from pytest_mlmonitor.core.policy.outlets.alerts_policy import SENDERS, AlertsPolicy
from tests.docs.blocks import DOCS

PAGE = (DOCS / "senders.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", blocks("toml"))
def test_every_policy_holds(block: str) -> None:
    section = tomllib.loads(block)["tool"]["mlmonitor"]["alerts"]
    assert AlertsPolicy.model_validate(section) != AlertsPolicy()


def test_every_sender_has_its_row_and_every_key_stands_in_it() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    assert set(rows) == set(SENDERS)
    for name, keys in rows.items():
        section = type(getattr(AlertsPolicy(), name))
        assert set(re.findall(r"`(\w+)`", keys)) | {"url"} == set(section.model_fields) | {"url"}, name


def test_the_example_of_the_webhook_keeps_to_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((DOCS / "webhook.schema.json").read_text(encoding="utf-8"))
    (block,) = blocks("json")
    jsonschema.Draft202012Validator(schema).validate(json.loads(block))
