"""Our fields out of their records: what is mapped, constant, filtered, missing, of the wrong unit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.records.references.field_map import FieldMap

FORMS: dict[str, FieldForm] = {
    "deployment_id": "text",
    "window_start": "time",
    "request_count": "count",
    "failure_count": "count",
    "latency_p95_ms": "milliseconds",
    "model_version": "text",
    "dataset_path": "text",
    "built_at": "time",
}
RECORD = {"ts": 1795773600000, "svc": "churn", "n": 100, "errors": 1, "latency": {"p50": 0.05, "p95": 0.12}}


def fields(**keys: Any) -> FieldMap:
    return FieldMap(Source(path="logs/{version}/*.jsonl", kind="deployment", **keys), FORMS, "gateway")


def gateway(**more: Any) -> FieldMap:
    mapped = {"deployment_id": "svc", "window_start": "ts in epoch_ms", "request_count": "n"}
    return fields(fields={**mapped, "latency_p95_ms": "latency.p95 in s", **more})


def test_a_record_is_read_by_our_names_and_units() -> None:
    made = gateway().of().record(RECORD)
    assert made.values == {
        "deployment_id": "churn",
        "window_start": datetime(2026, 11, 27, 10, tzinfo=UTC),
        "request_count": 100,
        "latency_p95_ms": pytest.approx(120),
    }
    assert made.findings == [] and made.ends == {}


def test_of_a_list_the_first_that_is_there_counts() -> None:
    one = gateway(failure_count=["failures", "errors"]).of()
    assert one.record(RECORD).values["failure_count"] == 1
    assert one.used["failure_count"] == "errors"
    assert one.record({**RECORD, "failures": None}).values["failure_count"] == 1
    assert one.record({**RECORD, "failures": 4}).values["failure_count"] == 4


def test_constants_and_what_the_path_caught_are_the_same_for_every_record() -> None:
    made = fields(
        constants={"deployment_id": "a", "window_start": "2026-11-27"}, fields={"model_version": "v{version}"}
    )
    values = made.of({"version": Caught("7")}).record({}).values
    assert values["deployment_id"] == "a" and values["model_version"] == "v7"
    assert values["window_start"] == datetime(2026, 11, 27, tzinfo=UTC)


def test_a_time_that_the_path_caught_in_a_form_is_that_time() -> None:
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    made = fields(fields={"built_at": "{version}"}).of({"version": Caught("20261127", "%Y%m%d", moment)})
    assert made.record({}).values["built_at"] == moment


def test_metadata_is_looked_in_after_the_document_itself() -> None:
    made = fields(metadata=["_MANIFEST.json", "/run.json"], fields={"built_at": "created", "request_count": "n"})
    documents = {
        Path("/r/a/_MANIFEST.json"): {"created": "2026-11-27T10:00:00Z", "n": 5},
        Path("/r/run.json"): {"created": "2026-11-01T10:00:00Z"},
    }
    values = made.of(documents=documents).record({"n": 7}).values
    assert values["request_count"] == 7 and values["built_at"].day == 27


def test_a_named_document_is_the_only_one_that_is_asked() -> None:
    made = fields(metadata="a.json", fields={"request_count": "b.json:n", "failure_count": "n"})
    documents: dict[Path, Any] = {Path("/r/a.json"): {"n": 1}, Path("/r/b.json"): {"n": 2, "failed": 3}}
    values = made.of(documents=documents).record({}).values
    assert values == {"request_count": 2, "failure_count": 1}
    only = fields(metadata="a.json", fields={"request_count": "b.json:n", "failure_count": "failed"})
    (finding,) = only.record({}, documents=documents).findings
    assert finding.column == "failure_count"  # b.json is asked for what names it, and for nothing else


def test_every_element_of_a_list_is_a_value() -> None:
    made = fields(fields={"dataset_path": "inputs[*]"})
    assert made.of().record({"inputs": ["/a", "/b"]}).values["dataset_path"] == ("/a", "/b")


def test_where_keeps_records_and_counts_the_others() -> None:
    made = fields(where={"env": "prod", "status": [200, 201], "ok": True}).of()
    sound = {"env": "prod", "status": 200, "ok": True}
    assert made.keeps(sound)
    assert not made.keeps({**sound, "env": "test"})
    assert not made.keeps({**sound, "status": "200"})
    assert not made.keeps({**sound, "ok": 1})
    assert not made.keeps({})
    assert (made.kept, made.dropped) == (1, 4)
    assert made.lacking() == []


def test_where_that_keeps_nothing_shows_the_first_record() -> None:
    made = fields(where={"svc": "fraud"}).of()
    assert not any(made.keeps(RECORD) for _ in range(5))
    (finding,) = made.lacking("gateway.jsonl")
    assert "where {'svc': 'fraud'} keeps none of 5 records; the first has svc='churn'" in finding.message


def test_a_field_that_no_record_has_is_said_with_those_that_are_near() -> None:
    made = fields(fields={"latency_p95_ms": "latency_ms.p95", "request_count": "n"}).of()
    made.record(RECORD)
    made.record(RECORD)
    (finding,) = made.lacking("gateway.jsonl")
    assert finding.message.startswith(
        "source.gateway: no field 'latency_ms.p95' (fields.latency_p95_ms); it has ts, svc, n"
    )
    assert "near: latency.p95" in finding.message and finding.location == "gateway.jsonl"


def test_a_field_that_some_record_has_is_not_missing() -> None:
    made = gateway().of()
    made.record({})
    assert {one.column for one in made.lacking()} == {
        "deployment_id",
        "window_start",
        "request_count",
        "latency_p95_ms",
    }
    made.record(RECORD)
    assert made.lacking() == []


def test_a_document_that_is_not_there_is_said() -> None:
    made = fields(fields={"request_count": "b.json:n"})
    (finding,) = made.record({}, documents={}).findings
    assert "no document 'b.json' beside it (fields.request_count)" in finding.message


def test_a_number_as_a_time_is_refused_with_the_likely_unit_and_its_date() -> None:
    (finding,) = fields(fields={"window_start": "ts"}).of().record(RECORD, "g.jsonl:1").findings
    assert finding.message == (
        "source.gateway: window_start is 1795773600000, a number: say its unit, as in "
        'fields.window_start = "ts in epoch_ms" (that would be 2026-11-27T10:00:00Z)'
    )
    assert finding.location == "g.jsonl:1"
    (finding,) = fields(fields={"window_start": "ts in epoch_s"}).of().record(RECORD).findings
    assert (
        'did you mean fields.window_start = "ts in epoch_ms" (that would be 2026-11-27T10:00:00Z)?' in finding.message
    )


@pytest.mark.parametrize("value", [True, float("nan"), "many", [1], -1, 1.5, 2**63])
def test_what_is_no_count_is_named_and_left_out(value: Any) -> None:
    made = fields(fields={"request_count": "n"}).record({"n": value})
    assert "request_count" not in made.values
    (finding,) = made.findings
    assert finding.column == "request_count" and "(n)" in finding.message


def test_numbers_in_quotes_are_read_and_a_mixture_is_a_warning() -> None:
    one = fields(fields={"request_count": "n"}).of()
    assert one.record({"n": "5"}).values == {"request_count": 5}
    assert one.record({"n": "6"}).findings == []
    (finding,) = one.record({"n": 7}).findings
    assert finding.severity.word == "warning" and "in some records and a text in others" in finding.message
    assert one.record({"n": "8"}).findings == []  # said once


def test_a_day_is_told_from_an_instant() -> None:
    made = fields(fields={"built_at": "day"}, timezone="Europe/Berlin").record({"day": "2026-11-27"})
    assert made.values["built_at"] == datetime(2026, 11, 26, 23, tzinfo=UTC)
    assert made.ends == {"built_at": datetime(2026, 11, 27, 23, tzinfo=UTC)}


@pytest.mark.parametrize("record", [None, [], [1, 2], "text", 5, {}])
def test_records_that_are_no_objects_lack_every_field(record: Any) -> None:
    made = gateway().record(record)
    assert len(made.findings) == 4 and all(one.severity.word == "error" for one in made.findings)
