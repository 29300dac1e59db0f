"""Groups of a Pushgateway: what names them, and which series go where."""

from __future__ import annotations

import pytest
from prometheus_client.core import GaugeMetricFamily

from pytest_mlmonitor.outputs.metrics.push import group_url, of_environment
from pytest_mlmonitor.outputs.metrics.text_blocks import joined_texts


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("nightly", "suite/nightly"),
        ("two words", "suite/two%20words"),
        ("ä?#", "suite/%C3%A4%3F%23"),
        ("a/b", "suite@base64/YS9i"),
        ("", "suite@base64/="),
        ("..", "suite/.."),
    ],
)
def test_values_of_any_form_name_a_group(value: str, segment: str) -> None:
    assert group_url("http://g:1/prefix/", {"job": "j", "suite": value}) == f"http://g:1/prefix/metrics/job/j/{segment}"


def test_series_of_other_environments_are_told_apart() -> None:
    both = GaugeMetricFamily("both", "B.", labels=["environment"])
    both.add_metric(["local"], 1)
    both.add_metric(["production"], 2)
    own = GaugeMetricFamily("own", "O.", labels=["environment"])
    own.add_metric(["local"], 3)
    kept = of_environment([both, own], "local", same=True)
    assert [(one.name, [s.value for s in one.samples]) for one in kept] == [("both", [1]), ("own", [3])]
    others = of_environment([both, own], "local", same=False)
    assert [(one.name, [s.value for s in one.samples]) for one in others] == [("both", [2])]


def test_texts_are_joined_by_family_and_no_series_stands_twice() -> None:
    head = "# HELP a A.\n# TYPE a gauge\n"
    first, second = (
        f'{head}a{{x="1"}} 1.0\n',
        f'{head}a{{x="1"}} 9.0\na{{x="2 3"}} 2.0\n# HELP b B.\n# TYPE b gauge\nb 3.0\n',
    )
    assert joined_texts([first, second]) == (
        f'{head}a{{x="1"}} 1.0\na{{x="2 3"}} 2.0\n# HELP b B.\n# TYPE b gauge\nb 3.0\n'
    )
    assert joined_texts([]) == ""
