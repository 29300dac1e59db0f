"""The code blocks of a page, and the sample platform to run them on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"


def python(page: Path) -> list[str]:
    """Return the Python blocks of a page, in order."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def on_the_sample(pytester: pytest.Pytester) -> pytest.RunResult:
    """Run the tests that were written, with those of a conftest, on the sample platform."""
    platform = README.parent / "contract_tests" / "platform"
    pytester.makepyprojecttoml(
        f'[tool.mlmonitor]\nartifacts = ["{platform}"]\nfreshness.max_age_seconds = 21600\n[tool.pytest]\n'
    )
    return pytester.runpytest_subprocess("--mlmonitor-now", "2026-04-26T14:00:37Z", "-v", timeout=120)
