"""A record's contract and the dataclass it is read into list the same fields, required and optional alike."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from pytest_mlmonitor.records.contract import Record
from pytest_mlmonitor.serving.model import DeploymentEvent, ServingWindow
from pytest_mlmonitor.serving.record import DeploymentEventRecord, ServingWindowRecord

OF_SOURCES = ("absent", "run_id", "model_uri", "model_alias", "commit")
"""What only a declared source says of a window."""


@pytest.mark.parametrize(
    ("contract", "dataclass"), [(ServingWindowRecord, ServingWindow), (DeploymentEventRecord, DeploymentEvent)]
)
def test_contract_and_dataclass_have_the_same_fields(contract: type[Record], dataclass: type) -> None:
    promised = {name: field.is_required() for name, field in contract.model_fields.items()}
    own = {"location", *OF_SOURCES}
    read = {field.name: field.default is MISSING for field in fields(dataclass) if field.name not in own}
    assert read == promised
