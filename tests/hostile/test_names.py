"""Naughty strings as the names of everything: every output holds no raw control byte and parses back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import label, quoted, safe
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.html_table import summary_html
from pytest_mlmonitor.outputs.lineage import encode, training_event, write_lineage
from pytest_mlmonitor.outputs.metrics.prometheus import write_metrics
from pytest_mlmonitor.outputs.metrics.series import label_of
from pytest_mlmonitor.outputs.results import write_results
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.training.model import TrainingRun

from .corpora import CORPORA, NOW, copy_of, crashes, judged

NAUGHTY = CORPORA / "strings" / "naughty.json"
OWN = [
    "\x1b]0;title\x07\x1b[2J",
    "a\nb\r\nc\td\0e",
    "::error file=x::y",
    "##[error]z",
    "\u202egnp.exe",
    "\u2028\u2029\u0085",
    "a::b[c]",
    "../../etc/passwd",
    "<img src=x onerror=alert(1)>",
    "'\"`&lt;",
    "%0a%1b%%",
    "\\x1b",
    "\x7f\x9b31m",
    "\U000e0041\ufeff",
]
STRINGS = [*OWN, *(json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.exists() else [])]
NON_BLANK = [text for text in dict.fromkeys(STRINGS) if text.strip()]

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
ALPHABET = re.compile(r"[A-Za-z0-9_.~+=,%-]+")


def record_of(text: str) -> RunRecord:
    """Return a run in which every free text is ``text``."""
    ref = ArtifactRef("deployment", Path("/data/metrics"), text, Path("/data"))
    finding = Finding(Severity.ERROR, text, text, text, text, text)
    result = CheckResult("serving_health", "health", ref, "fail", (finding,), text)
    return RunRecord(NOW, "local", [(f"metrics::{label(text)}::serving_health", result)])


def artifacts_of(names: list[str]) -> list[TrainingRun | Dataset]:
    start = datetime(2026, 4, 26, 12, tzinfo=UTC)
    artifacts: list[TrainingRun | Dataset] = []
    for i, name in enumerate(names):
        ref = ArtifactRef("training_run", Path(f"/data/{i:03d}"), name, Path("/data"))
        artifacts.append(
            TrainingRun(
                ref,
                run_id=f"{i}-{name}",
                model_name=name,
                model_version=name,
                input_dataset_name=name,
                input_dataset_version=name,
                started_at=start,
                completed_at=start,
                timed=True,
            )
        )
        ref = ArtifactRef("dataset", ref.path, name, ref.root)
        artifacts.append(Dataset(ref, dataset_name=name, dataset_version=name, built_at=start))
    return artifacts


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_label_is_a_safe_id(text: str) -> None:
    made = label(text)
    assert ALPHABET.fullmatch(made)
    assert len(made) <= 80
    assert "::" not in made


def test_labels_differ() -> None:
    assert len({label(text) for text in STRINGS}) == len(set(STRINGS))


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_safe_text_has_no_control_character_and_no_workflow_command(text: str) -> None:
    for shown in (safe(text), quoted(text)):
        assert not CONTROL.search(shown)
        assert "\n" not in shown
        assert "##[" not in shown
        shown.encode("utf-8")


def test_results_document_holds_the_strings_and_no_control_byte(tmp_path: Path) -> None:
    for text in STRINGS:
        record = record_of(text)
        data = write_results(tmp_path, record, complete=True).read_bytes()
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", data)
        document = json.loads(data)
        finding = document["results"][0]["findings"][0]
        assert finding["message"] == text
        assert document["complete"] is True


def test_results_and_artifacts_of_one_document_name_the_artifact_alike() -> None:
    for text in NON_BLANK:
        document = results_document(record_of(text), complete=True)
        assert document["results"][0]["artifact"] == document["artifacts"][0]["name"]


def test_prometheus_text_parses_back(tmp_path: Path) -> None:
    artifacts = artifacts_of(NON_BLANK)
    text = write_metrics(tmp_path, record_of("x"), Platform.of(artifacts)).read_bytes().decode("utf-8")
    assert not CONTROL.search(text)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    models = {s.labels["model_name"] for s in samples if s.name == "ml_training_duration_seconds_count"}
    assert models == {label_of(name) for name in NON_BLANK}
    keys = [(s.name, tuple(sorted(s.labels.items()))) for s in samples]
    assert len(keys) == len(set(keys)), "a series stands twice: Prometheus refuses the whole file"


def test_two_names_that_are_shown_alike_are_one_series(tmp_path: Path) -> None:
    text = write_metrics(tmp_path, record_of("x"), Platform.of(artifacts_of(["a\x1b", "a\\x1b"]))).read_text(
        encoding="utf-8"
    )
    keys = [(s.name, tuple(sorted(s.labels.items()))) for f in text_string_to_metric_families(text) for s in f.samples]
    assert len(keys) == len(set(keys))


def test_lineage_is_one_ascii_object_a_line(tmp_path: Path) -> None:
    artifacts = [a for a in artifacts_of(NON_BLANK) if isinstance(a, TrainingRun)]
    data = write_lineage(tmp_path, record_of("x"), Platform.of(artifacts)).read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", data)
    events = [json.loads(line) for line in data.split(b"\n")[:-1]]
    assert [e["outputs"]["model"]["name"] for e in events[:-1]] == NON_BLANK
    assert events[-1]["event_type"] == "check_run_completed"


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert all(name == "class" for name, _ in attrs)


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_report_has_no_element_that_came_from_an_artifact(text: str) -> None:
    record = record_of(text)
    record.unclaimed = [Path("/data") / text.replace("\0", "").replace("/", "_")]
    html = summary_html(record, [text])
    assert not CONTROL.search(html)
    parser, plain = _Cells(), _Cells()
    parser.feed(html)
    clean = record_of("plain")
    clean.unclaimed = [Path("/data/plain")]
    plain.feed(summary_html(clean, ["plain"]))
    assert parser.tags == plain.tags


def test_a_whole_platform_with_naughty_names(tmp_path: Path) -> None:
    """A window per naughty string as deployment_id: each is a deployment of its own, and no check breaks down."""
    directory = copy_of("p5", tmp_path) / "artifacts" / "serving" / "metrics" / "2026-04-26" / "13"
    path = directory / "metrics_50.jsonl"
    good = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    lines = [
        json.dumps(good | {"deployment_id": text, "endpoint_name": text, "model_name": text}, ensure_ascii=i % 2 == 0)
        for i, text in enumerate(NON_BLANK)
    ]
    path.write_bytes("\n".join(lines).encode("utf-8"))
    results = judged(tmp_path)
    assert crashes(results) == []
    assert {r.ref.name for r in results} >= set(NON_BLANK)
    record = RunRecord(NOW, "local", [(f"{label(r.ref.name)}::{r.check}", r) for r in results])
    assert len({nodeid for nodeid, _ in record.results}) == len(results)
    json.loads(write_results(tmp_path / "out", record, complete=True).read_bytes())


@settings(max_examples=300, deadline=None, database=None)
@given(st.text())
@example("\ud800")
def test_any_text_can_be_shown(text: str) -> None:
    assert not CONTROL.search(safe(text))
    safe(text).encode("utf-8")
    assert json.loads(encode({"a": text})) == {"a": text}


def test_a_file_name_that_is_no_utf8_can_be_a_label() -> None:
    assert label("a\udc80b") == "a%80b"


def test_any_surrogate_can_be_a_label() -> None:
    assert ALPHABET.fullmatch(label("a\ud800b"))


def test_event_of_a_run_without_names_is_refused() -> None:
    run = TrainingRun(ArtifactRef("training_run", Path("/x"), "x", Path("/")), Platform([], now=NOW))
    with pytest.raises(ValueError, match="run_id, model_name, started_at, completed_at"):
        training_event(run)
