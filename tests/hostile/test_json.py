"""JSON and NDJSON that parsers disagree about: the strict rules of specification 1, and the right line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.datasets.record import DatasetMetadata
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.records.documents import read_document
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite, parse_object
from pytest_mlmonitor.serving.adapters.p5_tree import read
from pytest_mlmonitor.serving.model import Deployment

from .corpora import CORPORA, NOW, SAMPLE, WHY_SKIPPED, files, judged, name_of, serious

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=WHY_SKIPPED)

SUITE = "json/jsontestsuite"
DUPLICATE_KEYS = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
"""Good JSON, and refused on purpose: specification 1 forbids duplicate keys."""


def refusal(data: bytes) -> str | None:
    """Return why a document is refused, None when it is accepted; NaN and infinity are refused by field."""
    try:
        value = parse_object(data)
    except NotAnObject as error:
        return f"line {error.line}: {error}"
    return "; ".join(f"{path} is {number}" for path, number in non_finite(value)) or None


def as_object(data: bytes) -> bytes:
    """Return the document inside an object, where it is no object itself."""
    return data if data.strip().startswith(b"{") else b'{"k":' + data + b"}"


@pytest.mark.parametrize("path", files(SUITE, "y_*"), ids=name_of)
def test_good_json_is_accepted(path: Path) -> None:
    why = refusal(as_object(path.read_bytes()))
    if path.name in DUPLICATE_KEYS:
        assert why is not None and "twice" in why
    else:
        assert why is None


@pytest.mark.parametrize("path", files(SUITE, "n_*"), ids=name_of)
def test_bad_json_is_refused(path: Path) -> None:
    data = path.read_bytes()
    assert refusal(data) is not None
    assert refusal(as_object(data)) is not None


@pytest.mark.parametrize("path", [*files(SUITE, "i_*"), *files("json/duckdb")], ids=name_of)
def test_undecided_json_ends_in_an_object_or_a_reason(path: Path) -> None:
    for data in (path.read_bytes(), as_object(path.read_bytes())):
        assert refusal(data) is None or refusal(data)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("i_number_double_huge_neg_exp.json", True),
        ("i_number_huge_exp.json", False),  # infinite as a float
        ("i_number_too_big_neg_int.json", True),  # an integer; int64 is the contract's business
        ("i_object_key_lone_2nd_surrogate.json", False),
        ("i_string_UTF-8_invalid_sequence.json", False),
    ],
)
def test_what_we_chose_where_the_standard_is_open(name: str, accepted: bool) -> None:
    path = CORPORA / SUITE / name
    assert (refusal(as_object(path.read_bytes())) is None) is accepted


@pytest.mark.parametrize("path", [*files("json"), *files("dict"), *files("csv")], ids=name_of)
def test_as_a_sidecar_it_is_a_finding(path: Path, tmp_path: Path) -> None:
    sidecar = tmp_path / "dataset_metadata.json"
    sidecar.write_bytes(path.read_bytes())
    results = judged(tmp_path)
    assert [r.check for r in results if r.status == "error"] == []
    assert serious(results), "passed in silence"
    document = read_document(sidecar, DatasetMetadata)
    for finding in (*document.unreadable, *document.violations):
        assert finding.location is not None
        assert 1 <= int(finding.location.rsplit(":", 1)[1]) <= sidecar.read_bytes().count(b"\n") + 1


# -- one bad line among good ones -------------------------------------------------------------------------------------

GOOD = (SAMPLE / "p5/artifacts/serving/metrics/2026-04-26/13/metrics_50.jsonl").read_bytes().split(b"\n")[0]
NO_VIOLATION = {
    "line6_float_long.jsonl",  # a float like any other
    "line6_float_underflow.jsonl",  # 0.0
    "line6_nul_escape.jsonl",  # a NUL is a character; every output writes it as \x00
}
FIELDS = {b'"ts"': b'"window_start"', b'"model"': b'"model_name"'}


def window(endpoint: int) -> dict[str, Any]:
    return json.loads(GOOD) | {"endpoint_name": f"/{endpoint}"}


def spliced(odd: bytes, name: str) -> bytes:
    """Return a good window whose fields the odd line overrides, with the odd line's bytes as they are."""
    value = b'"latency_p50_ms"' if "float" in name else b'"request_count"'
    for short, field in {**FIELDS, b'"value"': value, b"'value'": b"'request_count'"}.items():
        odd = odd.replace(short, field)
    rest = {key: v for key, v in window(6).items() if f'"{key}"'.encode() not in odd}
    if not odd.startswith(b"{") or odd.count(b"}{") or odd.endswith(b","):
        return odd  # not one object: nothing can be put into it
    return json.dumps(rest)[:-1].encode() + b"," + odd[1:]


def read_windows(tmp_path: Path, data: bytes) -> list[Deployment]:
    root = tmp_path.resolve()
    path = root / "serving" / "metrics" / "2026-04-26" / "13" / "metrics_50.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    ref = ArtifactRef("deployment", root / "serving" / "metrics", "serving", root)
    records = {ref.path: ["2026-04-26/13/metrics_50.jsonl"], ref.path.parent / "events": []}
    return read(ref, Reading(Platform([], now=NOW), Discovery(root, records=records)))


@pytest.mark.parametrize("path", files("ndjson/own", "line6_*"), ids=name_of)
def test_the_bad_line_is_named_and_hides_no_other(path: Path, tmp_path: Path) -> None:
    odd = path.read_bytes().split(b"\n")[5]
    lines = [json.dumps(window(i)).encode() for i in range(5)] + [spliced(odd, path.name)]
    lines += [json.dumps(window(i)).encode() for i in range(10, 15)]
    deployments = read_windows(tmp_path, b"\n".join(lines) + b"\n")
    findings = [f for d in deployments for f in (*d.unreadable, *d.violations)]
    assert {(f.location or "").rsplit(":", 1)[1] for f in findings} == (set() if path.name in NO_VIOLATION else {"6"})
    endpoints = {w.endpoint_name for d in deployments for w in d.windows}
    assert endpoints >= {f"/{i}" for i in (*range(5), *range(10, 15))}


@pytest.mark.parametrize("path", files("ndjson/own", "line6_*"), ids=name_of)
def test_lines_are_counted_by_newlines_alone(path: Path) -> None:
    """The file as it stands: only line 6 may be no object, and it must say so itself."""
    refused = [n for n, raw in enumerate(path.read_bytes().split(b"\n"), 1) if raw.strip() and refusal(raw)]
    assert set(refused) <= {6}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("bom.jsonl", {1}),
        ("crlf.jsonl", set()),
        ("empty.jsonl", set()),
        ("gz_named_jsonl.jsonl", {1}),
        ("no_final_newline.jsonl", set()),
        ("torn_tail.jsonl", {6}),
    ],
)
def test_files_with_odd_ends_and_starts(name: str, lines: set[int]) -> None:
    data = (CORPORA / "ndjson/own" / name).read_bytes()
    assert {n for n, raw in enumerate(data.split(b"\n"), 1) if raw.strip() and refusal(raw)} == lines


def test_utf16_is_refused_on_its_first_line() -> None:
    data = (CORPORA / "ndjson/own/utf16le_bom.jsonl").read_bytes()
    assert "not UTF-8" in str(refusal(data.split(b"\n")[0]))


def test_unicode_line_separators_do_not_end_a_line(tmp_path: Path) -> None:
    lines = [json.dumps(window(1) | {"model_name": "a\u2028b\u0085c\u2029d\x0be"}, ensure_ascii=False).encode()]
    lines[0] = lines[0].replace(b"\x0b", b"\\u000b")
    (deployment,) = read_windows(tmp_path, b"\n".join(lines))
    assert deployment.unreadable == ()
    assert deployment.windows[0].model_name == "a\u2028b\u0085c\u2029d\x0be"
