"""The examples of docs/contracts.md are sound contracts, and nothing in them is left unchecked."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from pytest_mlmonitor.tables.odcs.document import API_VERSIONS, read_odcs
from pytest_mlmonitor.tables.regex.patterns import FORMATS

TEXT = (Path(__file__).parents[4] / "docs" / "contracts.md").read_text(encoding="utf-8")


def test_the_example_is_checked_whole() -> None:
    example = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    contract = read_odcs(example.encode("utf-8"), "docs/contracts.md")
    assert contract.unchecked == ()
    (terms,) = contract.tables
    assert terms.contract.key == ("station_id", "obs_ts") and terms.contract.event_ts == "obs_ts"
    assert len(terms.contract.rules) == 3 and len(terms.contract.metrics) == 2
    assert terms.contract.drift.psi_error == 0.2 and len(terms.contract.sql) == len(terms.contract.levels) == 1


def test_parts_of_a_contract_are_checked_whole_too() -> None:
    head = "kind: DataContract\napiVersion: v3.2.0\nid: t\nversion: 1.0.0\nschema:\n  - name: t\n"
    for part in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[1:]:
        is_property = part.startswith("- name:")
        columns = part if is_property else "- {name: amount, logicalType: number}\n"
        text = f"properties:\n{textwrap.indent(columns, '  ')}{'' if is_property else part}"
        whole = head + textwrap.indent(text, "    ")
        if part.startswith("schema:"):
            whole = head.partition("schema:")[0] + part
        found = read_odcs(whole.encode(), "docs/contracts.md")
        assert (found.unchecked, found.problems) == ((), ())


def test_versions_and_formats_are_documented() -> None:
    assert [version for version in (*API_VERSIONS, *FORMATS) if f"`{version}`" not in TEXT] == []
