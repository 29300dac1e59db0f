"""Where secrets are, and what of them may leave nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.outlets.secret_values import secret, secret_names, secret_values, why_missing
from pytest_mlmonitor.core.policy.settings import Settings


def test_the_variable_goes_before_its_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    assert secret("HOOK", {"HOOK": "of the variable\n", "HOOK_FILE": str(file)}) == "of the variable"
    assert secret("HOOK", {"HOOK_FILE": str(file)}) == "of the file"
    assert secret("HOOK", {"HOOK": " ", "HOOK_FILE": str(file)}) == "of the file"
    assert secret("HOOK", {}) is None


def test_why_there_is_none_is_said_without_it(tmp_path: Path) -> None:
    empty, binary, large, pipe = (tmp_path / name for name in ("empty", "binary", "large", "pipe"))
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    large.write_text("x" * 70_000)
    os.mkfifo(pipe)
    assert why_missing("HOOK", {"HOOK": "x"}) is None
    assert why_missing("HOOK", {}) == "is not set"
    assert why_missing("HOOK", {"HOOK": "  "}) == "is empty"
    words = "is not set, and the file that HOOK_FILE names cannot be used: "
    for path, reason in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "it is no file"),
        (pipe, "it is no file"),
        (empty, "it is empty"),
        (binary, "it is no text (UTF-8)"),
        (large, "it is larger than 64 KiB"),
        ("a\0b", "it is no name of a file"),
    ):
        assert why_missing("HOOK", {"HOOK_FILE": str(path)}) == f"{words}{reason}"


def test_every_key_that_ends_in_env_names_a_secret() -> None:
    settings = Settings.model_validate(
        {
            "store_env": "DSN",
            "alerts": {"slack": {"url_env": "SLACK"}, "smtp": {"password_env": "MAIL"}},
            "retrain": {"webhook": {"token_env": "HOOK"}},
            "lineage": {"api_key_env": "KEY"},
        }
    )
    assert secret_names(settings) == {
        "store_env": "DSN",
        "alerts.slack.url_env": "SLACK",
        "alerts.smtp.password_env": "MAIL",
        "retrain.webhook.token_env": "HOOK",
        "lineage.api_key_env": "KEY",
    }


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (
            "https://hooks.slack.com/services/T024BE7LD/B0/abcdEFGH1234",
            {"services/T024BE7LD/B0/abcdEFGH1234", "T024BE7LD", "abcdEFGH1234"},
        ),
        ("http://alertmanager:9093/alertmanager", set()),
        ("postgresql://me:p%40ss-1@db/metrics", {"p%40ss-1", "p@ss-1"}),
        ("host=db password='p@ss-1' dbname=production", {"p@ss-1"}),
        ("https://token-0123@h/x", {"token-0123"}),
        ("https://h/invoke?sig=AbC123xyz&sp=1", {"AbC123xyz"}),
        ("slack://TokenAAAA1/TokenB222 json://h/?x=1", {"TokenAAAA1", "TokenB222"}),
        ("first-line-1234\nsecond-line-5678", {"first-line-1234", "second-line-5678"}),
        ("http://[::1", set()),
    ],
)
def test_what_of_an_address_is_a_secret_by_itself(value: str, parts: set[str]) -> None:
    settings = Settings.model_validate({"alerts": {"slack": {"url_env": "S"}}})
    found = set(secret_values(settings, {"S": value}))
    addresses = {word for word in value.split() if "://" in word}
    assert found - {value} - addresses == parts
    assert value in found


def test_a_user_and_a_password_are_sent_as_one_word() -> None:
    settings = Settings.model_validate({"metrics": {"push_user_env": "U", "push_password_env": "P"}})
    found = secret_values(settings, {"U": "admin", "P": "pass-1234"})
    assert "admin:pass-1234" in found
    assert "admin" not in found


def test_secrets_of_clients_count_too() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc-123-def,x=y",
        "AWS_SECRET_ACCESS_KEY": "aws-key-1",
    }
    assert {"abc-123-def", "aws-key-1"} <= set(secret_values(Settings(), environ))
