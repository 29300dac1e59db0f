"""docs/retrain_decision.schema.json: what consumers in other languages rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.outputs.retraining.decision_files import file_name, rehearsal_name
from pytest_mlmonitor.outputs.retraining.retrain_decision import as_json, decision_of, forced_decision
from tests.unit.outputs.retraining.decision_schema import FILE, rendered
from tests.unit.outputs.retraining.test_training_reasons import NEW, OLD, RUN, found, platform_of, said
from tests.unit.support import at

jsonschema = pytest.importorskip("jsonschema")


def made(minute: float = 60, dry_run: str | None = None, check: str = "x") -> dict[str, Any]:
    platform = platform_of(OLD, NEW, RUN)
    reasons = found(platform, said(NEW, check, "drift", Severity.CRITICAL)).by_model["m"]
    model = platform.view(FedModels).by_name["m"]
    decision = decision_of(
        model,
        reasons,
        environment="local",
        decided_at=at(minute),
        evaluated_at=at(60),
        trace_id="0" * 32,
        dry_run=dry_run,
    )
    return dict(json.loads(as_json(decision)))


def test_it_is_that_of_what_is_written() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), (
        "meant? then run: python -m tests.unit.outputs.retraining.decision_schema"
    )


@pytest.mark.parametrize(
    "decision",
    [made(), made(dry_run="why"), dict(json.loads(as_json(forced_decision("m", "local", at(60)))))],
    ids=["decided", "rehearsed", "forced"],
)
def test_what_is_written_keeps_it(decision: dict[str, Any]) -> None:
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(decision)
    assert set(decision) == set(schema["$defs"]["RetrainDecision"]["properties"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(decision | {"dry_run": "no"})


def test_the_key_is_that_of_one_decision() -> None:
    assert made()["idempotency_key"] == made()["idempotency_key"]
    keys = {made(minute)["idempotency_key"] for minute in (60, 61)} | {made(check="y")["idempotency_key"]}
    assert len(keys) == 3


def test_a_rehearsal_has_the_same_key_while_its_reasons_and_data_are_the_same() -> None:
    first, second = made(60, "why"), made(61, "why")
    assert first["idempotency_key"] == second["idempotency_key"] != made()["idempotency_key"]


@pytest.mark.parametrize("model", ["..", "../../etc/passwd", "-rf", ".hidden", "a/b", "m" * 500, "\x00\x1b", "", "ä"])
def test_no_model_leads_its_file_out_of_the_directory_or_hides_it(model: str) -> None:
    for name in (file_name(safe(model), "0" * 32), rehearsal_name(safe(model))):
        folder, _, plain = name.partition("/")
        assert folder == "retrain" and "/" not in plain and plain[0] not in ".-" and plain.isascii()
        assert len(plain) < 255
