"""Every check, policy key, option, hook and output is documented, and nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.kinds import built_in
from tests.docs.blocks import DOCS, README, on_the_sample, python


def _keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and name != "contracts":
            keys += _keys(annotation, f"{prefix}{name}.")
        else:
            keys.append(f"{prefix}{name}")
    return keys


def test_every_check_has_a_line_and_every_line_a_check() -> None:
    text = (DOCS / "checks.md").read_text(encoding="utf-8")
    documented = set()
    for section in text.split("\n## ")[1:]:
        kind = section.split("\n", 1)[0]
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)
        documented |= {(kind, name, category) for name, category in rows}
    assert documented == {(check.kind, check.name, check.category) for check in built_in()}


def test_every_policy_key_is_documented_with_its_default() -> None:
    text, _, sources = (DOCS / "policy.md").read_text(encoding="utf-8").partition("\n## Sources\n")
    text += sources.partition("\n## ")[2]
    documented = set(re.findall(r"^\| `([\w.]+)(?:<check>)?` \|", text, re.MULTILINE))
    assert documented - {"severity."} == set(_keys(Settings)) - {"severity"}


def test_every_key_of_a_source_is_documented() -> None:
    text = (DOCS / "policy.md").read_text(encoding="utf-8").partition("\n## Sources\n")[2].partition("\n## ")[0]
    first = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    documented = {name for cell in first for name in re.findall(r"`(\w+)(?:\.<check>)?`", cell)}
    assert documented == set(Source.model_fields)


def test_every_option_is_in_the_readme(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--help").stdout.str()
    readme = README.read_text(encoding="utf-8")
    options = set(re.findall(r"--mlmonitor[\w-]*", shown))
    assert options == {
        f"--mlmonitor{name}"
        for name in ("", "-out", "-now", "-full", "-fail-on", "-alerts", "-push", "-lineage", "-traces")
    }
    for option in options:
        assert option in readme


def test_the_examples_of_the_readme_run(pytester: pytest.Pytester) -> None:
    user_test, conftest = python(README)
    pytester.makepyfile(test_own=user_test)
    pytester.makeconftest(conftest)
    result = on_the_sample(pytester)
    result.stdout.fnmatch_lines(["*::named_by_team PASSED*", "*test_every_dataset_is_fresh_and_large*PASSED*"])
    assert result.ret == 0
