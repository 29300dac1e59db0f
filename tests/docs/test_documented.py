"""Every check, policy key, option, hook and output is documented, and nothing that is not there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import built_in

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"


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
    text = (DOCS / "policy.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([\w.]+)(?:<check>)?` \|", text, re.MULTILINE))
    assert documented - {"severity."} == set(_keys(Settings)) - {"severity"}


def test_every_option_is_in_the_readme(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--help").stdout.str()
    readme = README.read_text(encoding="utf-8")
    options = set(re.findall(r"--mlmonitor[\w-]*", shown))
    assert options == {f"--mlmonitor{name}" for name in ("", "-out", "-now", "-full", "-fail-on")}
    for option in options:
        assert option in readme


def _python(page: Path) -> list[str]:
    return [
        textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    ]


def _on_the_sample(pytester: pytest.Pytester) -> pytest.RunResult:
    """Run the tests that were written, with those of a conftest, on the sample platform."""
    platform = README.parent / "contract_tests" / "platform"
    pytester.makepyprojecttoml(
        f'[tool.mlmonitor]\nartifacts = ["{platform}"]\nfreshness.max_age_seconds = 21600\n[tool.pytest]\n'
    )
    return pytester.runpytest_subprocess("--mlmonitor-now", "2026-04-26T14:00:37Z", "-v", timeout=120)


def test_the_examples_of_the_documentation_run(pytester: pytest.Pytester) -> None:
    """A kind and its check in a conftest of extending.md work on a platform."""
    blocks = _python(DOCS / "extending.md")
    assert len(blocks) == 4
    registry = pytester.mkdir("artifacts") / "champions.json"
    registry.write_text('{"champion": ""}')
    pytester.makeconftest(blocks[1])
    result = pytester.runpytest_subprocess("--mlmonitor", "artifacts")
    result.stdout.fnmatch_lines(["champion is missing: no model is in production*"])
    assert result.ret == 1


def test_the_checks_contracts_and_tests_of_the_documentation_run(pytester: pytest.Pytester) -> None:
    """The other blocks of extending.md and that of drift.md, on the sample platform."""
    checks, _, contracts, tests = _python(DOCS / "extending.md")
    (turns_red,) = _python(DOCS / "drift.md")
    pytester.makeconftest(f"{checks}\n\n{contracts}")
    pytester.makepyfile(test_own=tests, test_red=turns_red)
    result = _on_the_sample(pytester)
    result.stdout.fnmatch_lines_random(
        [
            "*::beats_last_year PASSED*",
            "*dataset_metadata.json::python_checks PASSED*",
            "*test_stations_are_larger*PASSED*",
            "*test_moved_features_are_seen*PASSED*",
        ]
    )
    assert result.ret == 0


def test_the_examples_of_the_readme_run(pytester: pytest.Pytester) -> None:
    readme = README.read_text(encoding="utf-8")
    user_test, conftest = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    pytester.makepyfile(test_own=user_test)
    pytester.makeconftest(conftest)
    result = _on_the_sample(pytester)
    result.stdout.fnmatch_lines(["*::named_by_team PASSED*", "*test_every_dataset_is_fresh_and_large*PASSED*"])
    assert result.ret == 0
