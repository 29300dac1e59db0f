"""Keys of what is asked about deployments: whom, with which queries, and what no policy may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_names, secret_values
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.scopes import refuse_unmeasured
from pytest_mlmonitor.core.policy.settings import Settings

OVERRIDE = '[[overrides]]\nartifact = "a*"\n'


def written(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(text)
    settings = load(file)
    refuse_unmeasured(settings)
    return settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("serving.cpu_pct = 80", ["serving.cpu_pct in", "mlmonitor.toml does nothing", "expected prometheus.url, or"]),
        (
            f'prometheus.url = "http://h:9090"\n{OVERRIDE}serving.gpu_pct = 90',
            ["serving.gpu_pct in overrides[0] of", "nothing says how it is measured: expected prometheus.gpu_pct"],
        ),
        (
            '[source.a]\npath = "*.jsonl"\nkind = "deployment"\nserving.memory_pct = 90',
            ["serving.memory_pct in source.a of", "nothing says where"],
        ),
        ('prometheus.url = "http://me:canary@h/"', ["prometheus.url = *** in", "a secret stands in this URL", "_env"]),
        ('prometheus.url = "http://h/?token=canary"', ["prometheus.url = *** in", "a secret stands in this URL"]),
        ('prometheus.url = "file:///etc/passwd"', ["prometheus.url", "expected a URL with http:// or https://"]),
        ("prometheus.timeout_seconds = 61", ["prometheus.timeout_seconds = 61", "less than or equal to 60"]),
        ("prometheus.cpu_pct = 'cpu{job={service_name}}'", ["prometheus.cpu_pct", "stands outside of the value of a"]),
        ("prometheus.cpu = 'up'", ["unknown key prometheus.cpu = 'up'", "did you mean cpu_pct"]),
        ('serving.endpoint_urls = ["file:///etc/passwd"]', ["endpoint_urls", "expected a URL with http:// or https://"]),
        ('serving.endpoint_urls = ["http://canary@h/"]', ["endpoint_urls", "= *** in", "endpoint_token_env names the variable"]),
        (f'{OVERRIDE}serving.endpoint_urls = ["http://me:canary@h/"]', ["endpoint_urls", "= *** in", "endpoint_token_env"]),
        ('serving.endpoint_urls = ["http://{service_name}/"]', ["a URL stands as it is", "could lead anywhere"]),
        ('serving.endpoint_urls = ["http://h/\\u0007"]', ["endpoint_urls", "expected a URL"]),
        ("serving.endpoint_timeout_seconds = 600", ["serving.endpoint_timeout_seconds = 600", "less than or equal to 60"]),
        ('serving.endpoint_token_env = "hunter2-canary"', ["expected the name of an environment variable"]),
        ('serving.memory_bytes = "2 gigs"', ["serving.memory_bytes = '2 gigs'", '"512MiB", "2GiB"']),
    ],
)  # fmt: skip
def test_a_wrong_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        written(tmp_path, text)
    said = str(caught.value)
    for word in words:
        assert word in said
    assert "canary" not in said


def test_urls_and_sizes_as_people_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"1": 1, '"512"': 512, '"1.5 KiB"': 1536, '"2GB"': 2e9, '"2G"': 2e9, '"3TiB"': 3 * 2**40}
    for text, number in sizes.items():
        made = written(tmp_path, f'prometheus.url_env = "PROM"\nserving.memory_bytes = {text}')
        assert made.serving.memory_bytes == number
    monkeypatch.setenv("MLMONITOR_SERVING__ENDPOINT_URLS", "http://a/health, https://b:8/ready")
    assert written(tmp_path, "").serving.endpoint_urls == ("http://a/health", "https://b:8/ready")
    monkeypatch.setenv("MLMONITOR_PROMETHEUS", "false")
    assert written(tmp_path, "serving.cpu_pct = 80").prometheus.off


def test_tokens_of_overrides_and_sources_are_secrets_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a project gives its variables our prefix."""
    monkeypatch.setenv("MLMONITOR_HEALTH_TOKEN", "canary-of-an-override")
    made = written(
        tmp_path,
        f'{OVERRIDE}serving.endpoint_token_env = "MLMONITOR_HEALTH_TOKEN"\n'
        '[source.a]\npath = "*.jsonl"\nkind = "deployment"\nserving.endpoint_token_env = "OTHER"',
    )
    assert secret_names(made) == {
        "overrides[0].serving.endpoint_token_env": "MLMONITOR_HEALTH_TOKEN",
        "source.a.serving.endpoint_token_env": "OTHER",
    }
    found = secret_values(made, {"MLMONITOR_HEALTH_TOKEN": "canary-of-an-override", "OTHER": "canary-of-a-source"})
    assert found == ("canary-of-an-override", "canary-of-a-source")
