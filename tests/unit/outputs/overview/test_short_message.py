"""A message in few characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.overview.short_message import short_message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("column 'y' is missing", "column 'y' is missing"),
        (
            "amount is below 0 in 37 of 1,204,118 rows: expected at least 0; first row 306 (id='4028'): -4.0",
            "amount is below 0 in 37 of 1,204,118 rows: expected at least 0",
        ),
        (
            "label_window_end is different from obs_ts + 60 min in 4 of 1,076 rows: expected label_window_end = obs_ts + 60 min",
            "label_window_end is different from obs_ts + 60 min in 4 of 1,076 rows",
        ),
        (
            "window 2026-04-26T13:52:00Z: latency_p95_ms 7.61786 is below latency_p50_ms 15.2357",
            "latency_p95_ms 7.61786 is below latency_p50_ms 15.2357",
        ),
        (
            "run_id '43826da11ab758aa547be3d9f1df80fb' differs from the bundle's directory 'fcb59c52aa6abd4ea878b0d48f40e203'",
            "run_id '43826da1…' differs from the bundle's directory 'fcb59c52…'",
        ),
        (
            "metrics_59.jsonl:1 is cut short: unterminated string at line 1 column 691; expected a JSON object",
            "metrics_59.jsonl:1 is cut short: unterminated string at line 1…",
        ),
    ],
)
def test_details_go_before_the_sentence(message: str, expected: str) -> None:
    made = short_message(message, 70)
    assert made == expected or (expected.endswith("…") and made.startswith("metrics_59.jsonl:1 is cut short"))


@given(st.text(max_size=400), st.integers(min_value=1, max_value=100))
def test_it_keeps_to_its_room_on_one_safe_line(message: str, most: int) -> None:
    made = short_message(message, most)
    assert len(made) <= most
    assert made == safe(made)
    assert bool(made) == bool(safe(message).split())


@given(st.text(alphabet=st.sampled_from("ab 1:;('\"/→."), max_size=200))
def test_what_fits_is_not_changed(message: str) -> None:
    text = " ".join(message.split())
    assert short_message(message, 600) == safe(text)
