"""The common rules of every JSON record (specification 1), and how a broken one is put into words.

A contract is a strict pydantic model. Pydantic decides; this module says what was wrong in the field's own words, with
the dotted path of the field, what was expected and what was there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.times import TIMESTAMP, parse_timestamp

INT64_MAX = 2**63 - 1
MAX_UNKNOWN = 50
"""Unknown fields of one record that are named one by one."""


class _NoText(ValueError):
    """A timestamp that is no string."""


class _Blank(ValueError):
    """A text without a visible character."""


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise _NoText
    return parse_timestamp(value)


def naive_is_utc(value: object) -> datetime:
    """Return a timestamp that need not have a zone, for fields whose description says more than :data:`NaiveIsUtc`.

    Raises:
        ValueError: it is no text, or no timestamp.
    """
    if not isinstance(value, str):
        raise _NoText
    return parse_timestamp(value, naive_is_utc=True)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise _Blank
    return value


NonBlank = Annotated[str, AfterValidator(_not_blank), Field(description="a non-blank string")]
Count = Annotated[int, Field(ge=0, le=INT64_MAX, description="an integer ≥ 0")]
Integer = Annotated[int, Field(ge=-INT64_MAX - 1, le=INT64_MAX, description="an integer")]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a finite number ≥ 0")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, description="a number in 0..1")]
Timestamp = Annotated[datetime, BeforeValidator(_timestamp), Field(description=TIMESTAMP)]
NaiveIsUtc = Annotated[datetime, BeforeValidator(naive_is_utc), Field(description=TIMESTAMP)]


class Record(BaseModel):
    """A strict, immutable record; unknown fields are kept so that they can be reported.

    ``open_ended`` marks records that upstream extends freely (metrics): further fields are no finding there.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")
    open_ended: ClassVar[bool] = False


def required_or_absent(model: type[Record], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` without the optional fields that are null: "absent or null" both mean absent."""
    optional = {name for name, field in model.model_fields.items() if not field.is_required()}
    return {key: value for key, value in data.items() if not (value is None and key in optional)}


def validate(
    model: type[Record],
    data: Mapping[str, Any],
    where: Callable[[tuple[str | int, ...]], str],
    *,
    prefix: str = "",
) -> tuple[Record | None, list[Finding]]:
    """Judge ``data`` by ``model``.

    Args:
        model: the contract.
        data: a parsed JSON object.
        where: gives ``file:line`` of a field by its path.
        prefix: put before field names, e.g. ``metrics.json``.

    Returns:
        The record (None when it breaks the contract) and the findings: an error per broken field, a warning per
        unknown one.
    """
    cleaned = required_or_absent(model, data)
    try:
        record = model.model_validate(cleaned)
    except ValidationError as error:
        findings = []
        seen: set[str] = set()
        for problem in error.errors():
            path = tuple(
                part for part in problem["loc"] if not (isinstance(part, str) and part.startswith("function-"))
            )
            name = dotted(path)
            if name not in seen:  # a union reports every branch; one finding per field is enough
                seen.add(name)
                findings.append(_violation(model, problem, path, where(path), prefix))
        return None, findings + _unknown_findings(model, data, where, prefix)
    return record, _unknown_findings(model, data, where, prefix)


def dotted(path: tuple[str | int, ...]) -> str:
    """Return ``("a", 0, "b")`` as ``a[0].b``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def kind_of(value: object) -> str:
    """Return the JSON name of a parsed value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def _description(model: type[BaseModel], path: tuple[str | int, ...]) -> str | None:
    """Return what the contract says of the value at ``path``, following nested records, lists and objects."""
    annotation: Any = model
    words: str | None = None
    for part in path:
        record = _record_in(annotation)
        if record is not None and part in record.model_fields:
            field = record.model_fields[part]
            annotation, words = field.annotation, field.description
        else:  # an element of a list, or a value of an open object
            annotation, words = next(iter(reversed(get_args(annotation))), None), None
        words = words or _annotated_words(annotation)
    record = _record_in(annotation)
    if words is None and record is not None:
        required = [name for name, field in record.model_fields.items() if field.is_required()]
        words = f"an object with {', '.join(required)}"
    return words


def _record_in(annotation: Any) -> type[Record] | None:
    options = (annotation, *get_args(annotation))
    return next((o for o in options if isinstance(o, type) and issubclass(o, Record)), None)


def _annotated_words(annotation: Any) -> str | None:
    """Return the description inside ``Annotated[...]``, also as a member of a union."""
    for option in (annotation, *get_args(annotation)):
        for metadata in getattr(option, "__metadata__", ()):
            if isinstance(metadata, FieldInfo) and metadata.description:
                return metadata.description
    return None


def _violation(
    model: type[Record], problem: Mapping[str, Any], path: tuple[str | int, ...], location: str, prefix: str
) -> Finding:
    name = dotted(path)
    full = f"{prefix} {name}" if prefix else name
    value = problem["input"]
    expected = _description(model, path)
    kind = problem["type"]
    broken = problem.get("ctx", {}).get("error")  # what a validator of this or another module raised
    actual: str | None = quoted(value)
    if kind == "missing":
        message, actual = f"{full} is missing", "absent"
        expected = expected or "a required field"
    elif value is None:
        message = f"{full} is null"
    elif kind == "literal_error":
        expected = expected or str(problem["ctx"]["expected"])
        message = f"{full} is {quoted(value)}"
    elif isinstance(broken, _Blank):
        message = f"{full} is {'empty' if value == '' else 'blank'}"
    elif isinstance(broken, ValueError) and not isinstance(broken, _NoText):
        message = f"{full} {broken}"
    elif kind == "less_than_equal" and isinstance(value, int) and value > INT64_MAX:
        expected = "an integer within 64 bits"
        message = f"{full} is {quoted(value, 30)}"
    elif isinstance(value, list | dict):
        message = f"{full} is {kind_of(value)}"
        actual = kind_of(value)
    elif isinstance(value, float) and not math.isfinite(value):
        message = f"{full} is {'NaN' if math.isnan(value) else 'infinite'}"
    elif kind.endswith("_type") or isinstance(broken, _NoText) or kind == "int_from_float":
        message = f"{full} is {kind_of(value)} ({quoted(value)})"
    else:
        message = f"{full} is {quoted(value)}"
    if expected is None:
        expected = problem["msg"][0].lower() + problem["msg"][1:]
    return Finding(Severity.ERROR, f"{message}: expected {expected}", expected, actual, full, location)


def _unknown_findings(
    model: type[Record], data: Mapping[str, Any], where: Callable[[tuple[str | int, ...]], str], prefix: str
) -> list[Finding]:
    findings = list(islice(_unknown(model, data, where, prefix), MAX_UNKNOWN + 1))
    if len(findings) > MAX_UNKNOWN:
        more = f"more than {MAX_UNKNOWN} fields are not in the contract"
        findings[-1] = Finding(Severity.WARNING, more, "only fields of the contract", None, prefix or None, where(()))
    return findings


def _unknown(
    model: type[Record],
    data: Mapping[str, Any],
    where: Callable[[tuple[str | int, ...]], str],
    prefix: str,
    at: tuple[str | int, ...] = (),
) -> Iterator[Finding]:
    for key, value in data.items():
        path = (*at, key)
        field = model.model_fields.get(key)
        if field is not None:
            yield from _unknown_inside(field.annotation, value, where, prefix, path)
        elif not model.open_ended:
            name = safe(f"{prefix} {dotted(path)}" if prefix else dotted(path))
            yield Finding(
                Severity.WARNING,
                f"{name} is not in the contract",
                "only fields of the contract",
                quoted(value),
                name,
                where(path),
            )


def _unknown_inside(
    annotation: Any,
    value: object,
    where: Callable[[tuple[str | int, ...]], str],
    prefix: str,
    path: tuple[str | int, ...],
) -> Iterator[Finding]:
    record = _record_in(annotation)
    if record is None:
        return
    if annotation is record or not isinstance(value, list | dict) or type(None) in get_args(annotation):
        children: list[tuple[tuple[str | int, ...], object]] = [(path, value)]
    elif isinstance(value, list):
        children = [((*path, i), child) for i, child in enumerate(value)]
    else:
        children = [((*path, key), child) for key, child in value.items()]
    for child_path, child in children:
        if isinstance(child, dict):
            yield from _unknown(record, child, where, prefix, child_path)
