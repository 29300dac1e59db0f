"""The compiled contracts against the pydantic ones that they are made of: never laxer, and the same values."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.records.compiled import Moments, compiled, parse_instant, parse_instants
from pytest_mlmonitor.records.contract import Record
from pytest_mlmonitor.records.lines import examine
from pytest_mlmonitor.serving.history import as_window
from pytest_mlmonitor.serving.record import DeploymentEventRecord, ServingWindowRecord
from tests.unit.serving_trees import event, window

MODELS: tuple[tuple[type[Record], dict[str, Any]], ...] = (
    (ServingWindowRecord, window()),
    (DeploymentEventRecord, event()),
)


def fast(model: type[Record], line: bytes) -> dict[str, Any] | None:
    """Return the values of a line that the compiled contract vouches for, as its callers ask it; else None."""
    contract = compiled(model)
    record = contract.sound(line)
    if record is None:
        return None
    found = contract.values(record)
    return {name: found.get(name) for name in contract.names}


def slow(model: type[Record], line: bytes) -> tuple[dict[str, Any] | None, list[Any]]:
    record, refusal, findings, _ = examine(line, model, "f:1")
    said = [*findings, *([refusal] if refusal else [])]
    return None if record is None else {name: getattr(record, name) for name in compiled(model).names}, said


def agree(model: type[Record], line: bytes) -> None:
    quick = fast(model, line)
    values, said = slow(model, line)
    if quick is not None:
        assert not said
        assert quick == values
        assert [type(value) for value in quick.values()] == [type(value) for value in (values or {}).values()]
    else:
        assert values is not None or said  # nothing is lost without a word


# -- texts of values as JSON writes them, good and bad ----------------------------------------------------------------

NUMBERS = [
    "0", "-0", "0.0", "-0.0", "1", "-1", "5.0", "1.5", "1e2", "1E2", "1e-2", "1e400", "-1e400", "1e-400", "-1e-400", "01",
    "+1", ".5", "1.", "1e", "0x1", "1_000", "NaN", "Infinity", "-Infinity", "nan", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e18", "1" + "0" * 30,
    "1" + "0" * 400, "9" * 5000, "0." + "0" * 5000 + "1", "0.1000000000000000055511151231257827021181583404541015625",
    "1.7976931348623157e308", "1.7976931348623159e308", "5e-324", "2e-324", "123456789012345678901234567890.5", "1 2", "--1",
    "9007199254740993", "9007199254740993.0", "100000000000000000000000", "8.5e22", "-", "",
]  # fmt: skip
OTHERS = [
    "null", "true", "false", '"5"', '""', '" "', '"\\t"', '"\\u0020"', '"\\u2003"', '"\u2003"', '"\u00a0"', '"\u200b"', '"\x85"',
    '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\u2028"', '"\U0001f600"', '"a\\nb"', '"a\tb"', '"a\\/b"', '"\x7f"', "[]",
    "[1]", "{}", '{"a":1}', '{"a":{"a":1,"a":2}}', '"v1"', '"v2"', '"V1"', '"unknown"', "[" * 300 + "]" * 300, "'a'",
    '"a', '"\ufeff"',
]  # fmt: skip
TIMES = [
    "2026-04-07T08:00:00Z", "2026-04-07T08:00:00z", "2026-04-07t08:00:00Z", "2026-04-07 08:00:00Z", "2026-04-07T08:00Z",
    "2026-04-07T08Z", "20260407T080000Z", "20260407T0800Z", "20260407 080000Z", "2026-04-07T08:00:00", "2026-04-07",
    "2026-04-07T08:00:00+00:00", "2026-04-07T08:00:00-00:00", "2026-04-07T08:00:00+0530", "2026-04-07T08:00:00+05",
    "2026-04-07T08:00:00+24:00", "2026-04-07T08:00:00+23:59", "2026-04-07T08:00:00.1Z", "2026-04-07T08:00:00.12Z",
    "2026-04-07T08:00:00.123Z", "2026-04-07T08:00:00.1234Z", "2026-04-07T08:00:00.12345Z", "2026-04-07T08:00:00.123456Z",
    "2026-04-07T08:00:00.1234567Z", "2026-04-07T08:00:00.123456789Z", "2026-04-07T08:00:00.1234567890Z",
    "2026-04-07T08:00:00,123456Z", "2026-04-07T08:00:00.Z", "2026-04-07T24:00:00Z", "2026-04-07T23:59:60Z",
    "2026-04-07T08:60:00Z", "2026-13-07T08:00:00Z", "2026-02-30T08:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "+2026-04-07T08:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999Z",
    "2026-W15-2T08:00:00Z", "2026-097T08:00:00Z", "2026-04-07T08:00:00.1-0100Z", "2026-04-07T08:00:00 Z", " 2026-04-07T08:00:00Z",
    "2026-04-07T08:00:00Z ", "2026-04-07T08:00:00Z\n", "\u0662\u0660\u0662\u0666-04-07T08:00:00Z", "2026-04-07T08:00:0\u0660Z",
    "2026-04-07T08:00:00.12345\u0661Z", "2026-04-07T08:00:00\uff3a", "2026-04-07T08X00:00Z", "2026-04-07T08.00:00Z",
    "2026-04-07T080000:00Z", "2026-04-07T08:00:+0Z", "2026-04-07T08:00:0-Z", "2026-04-07T-8:00:00Z", "2026-04-07T08:-1:00Z",
    "2026-04-07T08:00:00.ZZZZZZZ", "2026-04-07T08:00:00.123+05Z", "2026-04-07T08:00:00.12345ZZ",
    "Z" * 20, "", " ", "now", "1775548800",
]  # fmt: skip

values = st.sampled_from(NUMBERS + OTHERS + [json.dumps(text) for text in TIMES])


def line_of(record: dict[str, Any], changes: dict[str, str], spaces: str = "") -> str:
    """Return a record as JSON, some of its values as the text they are to have."""
    texts = {name: json.dumps(value) for name, value in record.items()} | changes
    return "{" + ",".join(f'{spaces}"{name}"{spaces}:{spaces}{text}{spaces}' for name, text in texts.items()) + "}"


@pytest.mark.parametrize(("model", "record"), MODELS)
def test_what_upstream_writes_takes_the_fast_path(model: type[Record], record: dict[str, Any]) -> None:
    optional = (
        {"feature_lookup_p95_ms": 1, "stale_feature_count": 2} if model is ServingWindowRecord else {"instance_id": "i"}
    )
    for fields in ({}, optional, dict.fromkeys(optional)):
        line = json.dumps(record | fields).encode()
        assert fast(model, line) is not None
        agree(model, line)


@pytest.mark.parametrize(("model", "record"), MODELS)
def test_every_odd_value_in_every_field(model: type[Record], record: dict[str, Any]) -> None:
    timestamps = compiled(model).timestamps
    for name in (*model.model_fields, "not_in_the_contract"):
        field = model.model_fields.get(name)
        kind = str(field.annotation) if field is not None else ""
        odd = [json.dumps(text, ensure_ascii=False) for text in TIMES] if name in timestamps else OTHERS + NUMBERS
        # One field of each kind sees all of them; the others a few.
        seen = _SEEN.setdefault((model, kind), name)
        for text in odd if seen == name else odd[:8]:
            agree(model, line_of(record, {name: text}).encode())


_SEEN: dict[tuple[type[Record], str], str] = {}


@given(st.sampled_from(MODELS), st.data(), st.sampled_from(["", " ", "\t", "\r", " \r\t ", "\u00a0", "\x0c", "\ufeff"]))
@settings(max_examples=150)
def test_mutated_fields(case: tuple[type[Record], dict[str, Any]], data: st.DataObject, spaces: str) -> None:
    model, record = case
    names = st.sampled_from([*model.model_fields, "extra", "é", "a b", ""])
    line = line_of(record, data.draw(st.dictionaries(names, values, max_size=3)), spaces)
    for gone in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=2)):
        line = line.replace(
            f'"{gone}"', data.draw(st.sampled_from(['"x"', f'"{gone}" ', f'"{gone[:-1]}"', '"\\u0061"']))
        )
    agree(model, line.encode("utf-8", "surrogatepass"))


@given(
    st.sampled_from(MODELS),
    st.data(),
    st.sampled_from(["{pair},{rest}", "{rest},{pair}", "{rest} , {pair} ", "{rest},\t{escaped}", "{escaped},{rest}"]),
)
def test_a_key_that_is_there_twice(case: tuple[type[Record], dict[str, Any]], data: st.DataObject, form: str) -> None:
    model, record = case
    name = data.draw(st.sampled_from(sorted(model.model_fields)))
    text = data.draw(st.one_of(st.just(json.dumps(record.get(name))), values))
    first = data.draw(st.sampled_from([name[0], f"\\u{ord(name[0]):04x}"]))
    pairs = {
        "pair": f'"{name}"{data.draw(st.sampled_from(["", " ", chr(9)]))}:{text}',
        "escaped": f'"{first}{name[1:]}" :{text}',
    }
    line = ("{" + form.format(rest=line_of(record, {})[1:-1], **pairs) + "}").encode("utf-8", "surrogatepass")
    agree(model, line)
    if name in record:
        assert fast(model, line) is None


def test_optional_texts_and_nulls_that_balance_their_quotes() -> None:
    """Two quotes more or fewer are what a duplicate adds and a null takes away."""
    line = json.dumps(event()).encode()[:-1]
    for first in ('"i"', "null", '""', '"  "', "1"):
        agree(DeploymentEventRecord, line + b',"instance_id":%s}' % first.encode())
        for second in ('"i"', "null", '""', "1"):
            twice = line + b',"instance_id":%s,"instance_id":%s}' % (first.encode(), second.encode())
            assert fast(DeploymentEventRecord, twice) is None
            agree(DeploymentEventRecord, twice)


@given(st.sampled_from(MODELS), st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 3))
@settings(max_examples=300)
@example(MODELS[0], 0, b"\xef\xbb\xbf", 0)
@example(MODELS[0], 9999, b"{}", 0)
@example(MODELS[0], 9999, b"\r", 0)
@example(MODELS[0], 9999, b" null", 0)
@example(MODELS[0], 9999, b"\x00", 0)
@example(MODELS[0], 20, b"\xed\xa0\x80", 0)
@example(MODELS[0], 20, b"\xff", 0)
@example(MODELS[0], 20, b"\xc0\xaf", 0)
@example(MODELS[0], 20, b"\n", 0)
def test_bytes_put_in_anywhere(case: tuple[type[Record], dict[str, Any]], at: int, odd: bytes, gone: int) -> None:
    model, record = case
    line = json.dumps(record).encode()
    agree(model, line[:at] + odd + line[at + gone :])


def test_bytes_in_every_text() -> None:
    for odd in (
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x00",
        b"\x1f",
        b"\x7f",
        "\u2028".encode(),
    ):
        for model, record in MODELS:
            line = json.dumps(record).encode()
            for text in (b"production", b"v1", b"2026-04-26T10", b"environment"):
                agree(model, line.replace(text, text[:2] + odd + text[2:]))


def test_what_is_no_single_object() -> None:
    for model, record in MODELS:
        line = json.dumps(record).encode()
        for whole in (
            b"[%s]" % line,
            line + line,
            line + b"\n" + line,
            b"",
            b" ",
            b"null",
            b"\x1f\x8b",
            line[:-1],
            b"{}",
            b"{" * 9**5,
        ):
            agree(model, whole)


# -- a whole file at once ---------------------------------------------------------------------------------------------


def together(model: type[Record], data: bytes) -> None:
    """Assert that lines decoded together are those decoded one by one."""
    contract = compiled(model)
    found = contract.decode_all(data)
    if found is not None:
        lines = data.split(b"\n")
        assert lines.pop() == b""
        assert found == [contract.decode(line) for line in lines]


SOUND = json.dumps(window()).encode()
ODD_LINES = [
    SOUND,
    json.dumps(window(1, stale_feature_count=3, model_exec_p95_ms=None)).encode(),
    json.dumps(window(), separators=(",", ":")).encode(),
    SOUND + SOUND,
    SOUND + b" " + SOUND,
    SOUND[:-1] + b',"stale_feature_count":1,"stale_feature_count":null}',
    SOUND[:-1] + b',"x":1}',
    SOUND[:-1] + b',"x":{"a":1}}',
    SOUND[:-1] + b',"x":"}\n{"}',
    SOUND[:-1] + b',"x":[{}\n,{}]}',
    SOUND.replace(b"production", b"pro}\n{tion"),
    SOUND.replace(b"production", b"pro\ntion"),
    SOUND.replace(b"production", b"\xff"),
    SOUND.replace(b"production", b"\\u0041"),
    SOUND.replace(b", ", b",\n"),
    SOUND.replace(b", ", b",}\n{"),
    SOUND[: len(SOUND) // 2],
    SOUND[len(SOUND) // 2 :],
    b"{}",
    b"",
    b" ",
    b"\r",
    SOUND + b"\r",
    b" " + SOUND,
    b"\xef\xbb\xbf" + SOUND,
    b"[" + SOUND + b"]",
    SOUND + b",",
    SOUND.replace(b'"window_end"', b'"window_start"'),
    SOUND.replace(b'"environment": "production", ', b""),
]


@given(st.lists(st.sampled_from(ODD_LINES), max_size=4), st.sampled_from([b"\n", b"", b"\n\n", b" \n"]))
@settings(max_examples=400)
@example([SOUND], b"\n")
@example([SOUND] * 3, b"\n")
@example([SOUND + SOUND, SOUND.replace(b", ", b",\n", 1)], b"\n")
@example([SOUND[: len(SOUND) // 2], SOUND[len(SOUND) // 2 :] + SOUND], b"\n")
def test_a_whole_file_at_once(lines: list[bytes], end: bytes) -> None:
    together(ServingWindowRecord, b"\n".join(lines) + end)


@given(
    st.lists(st.sampled_from(ODD_LINES[:3]), min_size=1, max_size=3),
    st.integers(0, 4000),
    st.binary(max_size=3),
    st.integers(0, 3),
)
@settings(max_examples=300)
def test_bytes_put_in_anywhere_of_a_file(lines: list[bytes], at: int, odd: bytes, gone: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    together(ServingWindowRecord, data[:at] + odd + data[at + gone :])


@given(st.data(), st.integers(1, 4))
@settings(max_examples=150)
def test_odd_values_in_a_file(data: st.DataObject, number: int) -> None:
    lines = [
        line_of(
            window(i),
            data.draw(st.dictionaries(st.sampled_from([*ServingWindowRecord.model_fields, "x"]), values, max_size=1)),
        )
        for i in range(number)
    ]
    together(ServingWindowRecord, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))


def test_events_in_one_piece() -> None:
    lines = [
        json.dumps(event() | more).encode() + b"\n"
        for more in ({}, {"instance_id": "i"}, {"instance_id": None}, {"instance_id": " "})
    ]
    for first in lines:
        together(DeploymentEventRecord, first)
        for second in lines:
            together(DeploymentEventRecord, first + second)
    assert compiled(DeploymentEventRecord).decode_all(lines[3]) is None


def test_what_upstream_writes_is_decoded_together() -> None:
    assert len(compiled(ServingWindowRecord).decode_all(b"".join(line + b"\n" for line in ODD_LINES[:3])) or ()) == 3


# -- timestamps -------------------------------------------------------------------------------------------------------


def outcome(parse: Any, text: str) -> datetime | str:
    try:
        return parse(text)
    except ValueError:
        return "no timestamp"


def same_instant(text: str) -> None:
    quick, careful = outcome(parse_instant, text), outcome(parse_timestamp, text)
    assert quick == careful
    if isinstance(quick, datetime) and isinstance(careful, datetime):
        assert quick.tzinfo == careful.tzinfo and quick.utcoffset() == careful.utcoffset()


@pytest.mark.parametrize("text", TIMES)
def test_timestamps(text: str) -> None:
    same_instant(text)


@given(st.sampled_from([text for text in TIMES if len(text) in range(18, 31)]), st.data())
@settings(max_examples=500)
def test_mutated_timestamps(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        odd = data.draw(st.text("0123456789-+:.,TtZzW \x00\u0660\uff10", max_size=2))
        text = text[:at] + odd + text[at + data.draw(st.integers(0, 2)) :]
    same_instant(text)


@given(st.text("0123456789-+:.,TtZzW \u0661", min_size=20, max_size=20) | st.text(max_size=30))
@settings(max_examples=300)
def test_any_text_as_a_timestamp(text: str) -> None:
    same_instant(text)


@given(st.lists(st.text("0123456789+-:.ZT", min_size=7, max_size=7), min_size=1, max_size=5))
def test_the_twenty_seven_characters_form(ends: list[str]) -> None:
    for end in ends:
        same_instant(f"2026-04-07T08:00:00{end}Z")
        same_instant(f"2026-04-07T08:00:00.{end[1:]}Z")


@given(st.lists(st.sampled_from(TIMES), max_size=4) | st.lists(st.sampled_from(TIMES[:1] + TIMES[24:27]), max_size=4))
def test_many_timestamps_at_once(texts: list[str]) -> None:
    try:
        expected: list[datetime] | None = [parse_timestamp(text) for text in texts]
    except ValueError:
        expected = None
    try:
        assert parse_instants(texts) == expected
    except ValueError:
        assert expected is None


def test_moments_are_the_same_when_they_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.records.compiled.MAX_MOMENTS", 3)
    moments = Moments()
    texts = [f"2026-04-07T08:0{i}:00Z" for i in range(8)] * 2
    assert [moments(text) for text in texts] == [parse_timestamp(text) for text in texts]
    for _ in range(2):
        with pytest.raises(ValueError, match="no timestamp"):
            moments("x" * 20)


# -- a slow record in the compiled form -------------------------------------------------------------------------------


@given(st.data())
def test_a_record_that_pydantic_read_says_the_same_in_the_compiled_form(data: st.DataObject) -> None:
    times = st.sampled_from([text for text in TIMES if isinstance(outcome(parse_timestamp, text), datetime)])
    fields: dict[str, Any] = {name: data.draw(times) for name in ("window_start", "window_end", "heartbeat_emitted_at")}
    fields["model_exec_p95_ms"] = data.draw(st.none() | st.floats(0, 1e300) | st.integers(0, 2**70))
    record = ServingWindowRecord.model_validate_json(json.dumps(window(**fields)))
    again = as_window(compiled(ServingWindowRecord).made_of(record), "")
    assert {name: getattr(again, name) for name in ServingWindowRecord.model_fields} == dict(record)


def test_a_contract_that_has_no_compiled_form_is_refused() -> None:
    class Nested(Record):
        inner: dict[str, int]

    with pytest.raises(TypeError, match="inner: no compiled form"):
        compiled(Nested)
