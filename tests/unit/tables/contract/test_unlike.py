"""A value that is none of those allowed: what a message says of the one that it nearly is."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.tables.contract.prose.unlike import unlike

ALLOWED = ["Zürich", "Genf", "St. Gallen", 5]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("zürich", ", which differs from 'Zürich' only in case"),
        ("Zurich", ", which differs from 'Zürich' only in accents"),
        ("Zu\u0308rich", ", which differs from 'Zürich' only in its Unicode form"),
        ("Genf ", ", which differs from 'Genf' only in blanks"),
        ("Genf\u200b", ", which differs from 'Genf' only in blanks"),
        ("St.\u00a0Gallen", ", which differs from 'St. Gallen' only in blanks"),
        ("ZURICH", ", which differs from 'Zürich' only in case and accents"),
        ("Zürch", "; is 'Zürich' meant?"),
        ("Bern", ""),
        ("", ""),
        ("5", ""),
        ("x" * 100_000, ""),
    ],
)
def test_the_difference_is_named(value: str, said: str) -> None:
    assert unlike(value, ALLOWED) == said
