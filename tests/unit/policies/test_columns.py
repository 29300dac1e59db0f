"""Columns that the policy leaves out of drift are columns of some dataset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from tests.unit.datasets.plain import put, table
from tests.unit.support import NOW, READER


def said(root: Path, policy: str) -> list[str]:
    file = root / "mlmonitor.toml"
    file.write_text(policy, encoding="utf-8")
    put(root / "data" / "one", table())
    put(root / "data" / "two", table(price=[1.0] * 100))
    record = judge(Platform([root / "data"], load(file), NOW, reader=READER), base=root)
    return [f.message for _, result in record.results if result.check == "columns_hold" for f in result.findings]


@pytest.mark.parametrize(
    ("policy", "messages"),
    [
        ('drift.excluded = ["price", "km"]', []),
        (
            'drift.excluded = ["prise"]',
            ["drift.excluded names 'prise', which none of 2 datasets has; did you mean price?"],
        ),
        ('[[overrides]]\nartifact = "trips"\ndrift.excluded = ["price"]', []),
        ("", []),
    ],
)
def test_a_column_that_no_dataset_has_is_named(tmp_path: Path, policy: str, messages: list[str]) -> None:
    assert said(tmp_path, policy) == messages


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("quality.null_rate_warning = 0.3", "null_rate_warning = 0.3 is above null_rate_error = 0.15, the default"),
        (
            "quality.positive_rate_max = 0.001",
            "positive_rate_min = 0.01, the default is above positive_rate_max = 0.001",
        ),
        ("drift = {psi_warning = 0.5, psi_error = 0.3}", "psi_warning = 0.5 is above psi_error = 0.3"),
        (
            '[[overrides]]\nartifact = "a"\nquality = {null_rate_warning = 0.3, null_rate_error = 0.2}',
            "null_rate_warning = 0.3 is above null_rate_error = 0.2",
        ),
        ("quality.null_rate_error = 0.01", None),
        ("quality.null_rate_warning = 0.15", None),
        (
            '[[overrides]]\nartifact = "a"\nquality.null_rate_warning = 0.3',
            None,
        ),  # by itself: the platform knows the wider scope
    ],
)
def test_a_warning_above_its_error_is_refused(tmp_path: Path, policy: str, words: Any) -> None:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(policy, encoding="utf-8")
    if words is None:
        load(file)
        return
    with pytest.raises(PolicyError, match=words.replace(".", r"\.")):
        load(file)


@pytest.mark.parametrize(
    ("wide", "narrow", "words"),
    [
        (
            {},
            {"quality": {"null_rate_warning": 0.3}},
            "quality.null_rate_warning = 0.3 (overrides[0]) is above quality.null_rate_error = 0.15 (default): "
            "expected at most that; set both in overrides[0]",
        ),
        (
            {"drift": {"psi_warning": 0.05, "psi_error": 0.3}},
            {"drift": {"psi_warning": 0.5}},
            "drift.psi_warning = 0.5 (overrides[0]) is above drift.psi_error = 0.3",
        ),
        (
            {},
            {"quality": {"positive_rate_max": 0.001}},
            "quality.positive_rate_min = 0.01 (default) is above quality.positive_rate_max = 0.001 (overrides[0])",
        ),
        ({"quality": {"null_rate_error": 0.5}}, {"quality": {"null_rate_warning": 0.3}}, None),
        (
            {},
            {"quality": {"null_rate_error": 0.01}},
            None,
        ),  # who only says what is an error asks for no warning before it
        ({}, {"drift": False}, None),
    ],
)
def test_an_override_whose_warning_would_never_come_is_refused(
    tmp_path: Path, wide: dict[str, Any], narrow: dict[str, Any], words: str | None
) -> None:
    settings = Settings(**wide, overrides=({"artifact": "a*", **narrow},))
    if words is None:
        Platform([tmp_path], settings, NOW, reader=READER)
        return
    with pytest.raises(PolicyError, match=re.escape(words)):
        Platform([tmp_path], settings, NOW, reader=READER)
