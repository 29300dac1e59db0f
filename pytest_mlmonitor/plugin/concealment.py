"""No secret leaves a run: reports, what pytest's reporters write, the terminal and logs are looked through for their values."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.redaction import conceal, concealed, concealed_bytes, conceals

_FILES = ("htmlpath", "xmlpath")
"""Options of pytest's own reporters that name their files."""


_WORDS = ("message", "expected", "actual", "column", "location", "accepted")
"""Of a finding."""


def conceal_secrets(config: pytest.Config, settings: Settings) -> None:
    """Take the secrets that the policy names out of whatever this process shows and writes, until it is done with the run."""
    config.add_cleanup(conceal(secret_values(settings, os.environ)))
    if not conceals():
        return
    config.pluginmanager.register(Concealment(config), "mlmonitor-concealment")
    made = logging.getLogRecordFactory()
    logging.setLogRecordFactory(_Records(made))
    config.add_cleanup(lambda: logging.setLogRecordFactory(made))


class Concealment:
    """Runs in every process: a report crosses to another one, and to reporters of others, without any secret."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Stand before the terminal: the names of items and files are printed as they are."""
        writer = getattr(self._config.pluginmanager.get_plugin("terminalreporter"), "_tw", None)
        if writer is not None:
            writer._file = _Stream(writer._file)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Take secrets out of everything that a report says."""
        report = yield
        _clean(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Likewise of a module that could not be collected."""
        report = yield
        _clean(report)
        return report


def conceal_files(config: pytest.Config) -> Iterator[tuple[Path, OSError]]:
    """Take secrets out of what pytest's own reporters have written, and yield the files of which that failed: they are removed."""
    if not conceals():
        return
    for option in _FILES:
        named = getattr(config.option, option, None)
        path = Path(named) if named else None
        if path is None or not path.is_file():
            continue
        try:
            data = path.read_bytes()
            if concealed_bytes(data) != data:
                write_atomically(path, data)
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            yield path, error


def _clean(report: pytest.TestReport | pytest.CollectReport) -> None:
    results = getattr(report, "mlmonitor", None)
    if results:
        report.mlmonitor = [_result(one) for one in results]  # type: ignore[union-attr]
    if report.longrepr is not None:
        report.longrepr = _deep(report.longrepr, set())
    report.sections = [(title, concealed(text)) for title, text in report.sections]
    if isinstance(report, pytest.TestReport) and report.user_properties:
        report.user_properties = [(name, _deep(value, set())) for name, value in report.user_properties]


def _result(result: CheckResult) -> CheckResult:
    findings = tuple(
        replace(one, **{name: _deep(getattr(one, name), set()) for name in _WORDS}) for one in result.findings
    )
    reason = concealed(result.reason) if result.reason is not None else None
    return (
        result
        if findings == result.findings and reason == result.reason
        else replace(result, findings=findings, reason=reason)
    )


def _deep(value: Any, seen: set[int]) -> Any:
    """Return a value without secrets: text, and text inside containers and inside pytest's own descriptions of a failure."""
    if isinstance(value, str):
        return concealed(value)
    if isinstance(value, dict):
        return {_deep(key, seen): _deep(one, seen) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_deep(one, seen) for one in value)
    if type(value).__module__.startswith("_pytest.") and hasattr(value, "__dict__") and id(value) not in seen:
        seen.add(id(value))
        for name, one in list(vars(value).items()):
            object.__setattr__(value, name, _deep(one, seen))
    return value


class _Stream:
    """What is written to the terminal, without secrets."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        return self._stream.write(concealed(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Records:
    """Makes log records without secrets: whatever handler writes them, to whatever file."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._made(*args, **kwargs)
        with suppress(Exception):  # a message whose arguments do not fit it: its handler says so
            said = record.getMessage()
            if concealed(said) != said:
                record.msg, record.args = concealed(said), None
        if record.exc_info and record.exc_info[0] is not None:
            text = logging.Formatter().formatException(record.exc_info)
            if concealed(text) != text:
                record.exc_text = concealed(text)
        return record
