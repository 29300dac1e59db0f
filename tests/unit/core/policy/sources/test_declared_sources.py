"""Sources out of the file, presets and variables: each key from the narrowest place that says it, and who that was."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.mistakes import check_names
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.scopes import Scopes
from pytest_mlmonitor.core.policy.selectors import ArtifactNames
from pytest_mlmonitor.core.policy.settings import Settings

POLICY = """
freshness = "30m"
owner = "platform"

[preset.daily]
freshness = "26h"
drift.psi_error = 0.3
fields.row_count = "rows"

[preset.strict]
drift.psi_error = 0.15
drift.psi_warning = 0.05

[source.silver]
path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"
preset = ["daily", "strict"]
drift.excluded = ["x"]
constants.row_count = 3

[source.plain]
path = ["a/*.parquet", "b/*.parquet"]
drift = false

[[overrides]]
artifact = "dataset:w*"
drift = false
owner = "meteo"

[[overrides]]
artifact = "weather@2026-11-25"
severity.freshness = "warning"
drift.psi_error = 0.5
"""


def policy(tmp_path: Path, text: str = POLICY) -> Settings:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def of(settings: Settings, name: str, version: str, source: str | None) -> Settings:
    return Scopes(settings).of(ArtifactNames("dataset", (name,), version, source))


def test_presets_are_merged_later_over_earlier_and_the_source_over_all(tmp_path: Path) -> None:
    silver = policy(tmp_path).source["silver"]
    assert silver.drift is not None and silver.freshness is not None
    assert (silver.drift.psi_error, silver.drift.psi_warning, silver.drift.excluded) == (0.15, 0.05, ("x",))
    assert silver.freshness.limit == 26 * 3600
    assert silver.constants == {"row_count": 3} and not silver.fields  # the narrower place says the field


def test_one_text_is_a_list_of_one(tmp_path: Path) -> None:
    sources = policy(tmp_path).source
    assert sources["silver"].path == ("silver/{name}/dt={version:%Y-%m-%d}/*.parquet",)
    assert sources["plain"].path == ("a/*.parquet", "b/*.parquet")


def test_each_key_is_of_the_narrowest_scope_and_says_whose_it_is(tmp_path: Path) -> None:
    settings = policy(tmp_path)
    flights = of(settings, "flights", "2026-11-25", "silver")
    assert (flights.freshness.limit, flights.drift.psi_error, flights.owner) == (93_600, 0.15, "platform")
    assert flights.origin("freshness.error_after") == f"{tmp_path}/mlmonitor.toml:6"
    assert flights.origin("drift.psi_error") == f"{tmp_path}/mlmonitor.toml:11"
    assert flights.origin("drift.excluded") == f"{tmp_path}/mlmonitor.toml:17"
    assert flights.origin("owner") == f"{tmp_path}/mlmonitor.toml"
    weather = of(settings, "weather", "2026-11-26", "silver")
    assert weather.drift.off and weather.owner == "meteo"
    assert weather.origin("owner").startswith("overrides[0] of ")
    one = of(settings, "weather", "2026-11-25", "silver")
    assert not one.drift.off and one.drift.psi_error == 0.5  # who says anything of a section wants its checks
    assert one.severity["freshness"].word == "warning"
    plain = of(settings, "x", "1", "plain")
    assert plain.drift.off and plain.freshness.limit == 1800
    assert of(settings, "x", "1", None).drift.psi_error == 0.2


def test_a_variable_goes_before_the_file_in_its_own_scope_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "60")
    assert of(policy(tmp_path), "flights", "1", "silver").freshness.limit == 93_600
    monkeypatch.setenv("MLMONITOR_SOURCE__SILVER__FRESHNESS", "48h")
    flights = of(policy(tmp_path), "flights", "1", "silver")
    assert flights.freshness.limit == 48 * 3600
    assert flights.origin("freshness.max_age_seconds") == "MLMONITOR_SOURCE__SILVER__FRESHNESS"
    monkeypatch.setenv("MLMONITOR_SOURCE__PLAIN__DRIFT", "true")
    assert not of(policy(tmp_path), "x", "1", "plain").drift.off


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "MLMONITOR_SOURCE__SLIVER__FRESHNESS",
            "48h",
            "no source is called that; did you mean silver?; declared: plain, silver",
        ),
        (
            "MLMONITOR_SOURCE__SILVER__FRESHNES",
            "48h",
            "unknown key source.silver.freshnes = '48h' in MLMONITOR_SOURCE__SILVER__FRESHNES",
        ),
        ("MLMONITOR_SOURCE__SILVER__FRESHNESS", "48", "48 has no unit"),
        ("MLMONITOR_SOURCE__SILVER", "x", "expected MLMONITOR_SOURCE__NAME__KEY"),
        ("MLMONITOR_PRESET__DAILY__OWNER", "x", "preset stands in the policy file, no variable sets it"),
        ("MLMONITOR_REBASE", "{}", "rebase stands in the policy file, no variable sets it"),
    ],
)
def test_a_variable_that_fits_nothing_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PolicyError) as error:
        policy(tmp_path)
    assert words in str(error.value)


def test_documents_that_references_name_are_among_the_metadata(tmp_path: Path) -> None:
    source = policy(
        tmp_path, '[source.a]\npath = "a/*.parquet"\nmetadata = "m.json"\nfields.x = ["m.json:a", "run.json:b", "c"]'
    ).source["a"]
    assert source.metadata == ("m.json", "run.json") and source.looked_in == 1


def test_where_may_be_nested_or_dotted(tmp_path: Path) -> None:
    text = '[source.a]\nkind = "predictions"\npath = "a"\nwhere.model.name = ["x", "y"]\nwhere."b.c" = true'
    assert policy(tmp_path, text).source["a"].where == {"model.name": ["x", "y"], "b.c": True}


def test_a_severity_of_a_check_that_is_none_is_refused_with_the_source(tmp_path: Path) -> None:
    settings = policy(tmp_path, '[source.a]\npath = "a"\nseverity.freshnes = "warning"')
    with pytest.raises(
        PolicyError, match=r"source\.a\.severity\.freshnes = 'warning' in .*mlmonitor.toml:3.*did you mean freshness\?"
    ):
        check_names(settings, ["freshness", "drift"])


@pytest.mark.parametrize("text", ["b/*.parquet", '["b/*.parquet"]'])
def test_a_variable_says_a_path_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "mlmonitor.toml").write_text('[source.a]\npath = "a/*.parquet"\n')
    monkeypatch.setenv("MLMONITOR_SOURCE__A__PATH", text)
    monkeypatch.setenv("MLMONITOR_OWNER", "me")
    settings = load(tmp_path / "mlmonitor.toml")
    assert (settings.source["a"].path, settings.owner) == (("b/*.parquet",), "me")


def test_a_variable_of_no_source_at_all_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlmonitor.toml").write_text('[source.a]\npath = "a/*.parquet"\n')
    monkeypatch.setenv("MLMONITOR_SOURCE", "2h")
    with pytest.raises(PolicyError, match="expected MLMONITOR_SOURCE__NAME__KEY"):
        load(tmp_path / "mlmonitor.toml")


def test_keys_of_a_section_that_a_source_switches_off_hold_where_an_override_switches_it_on(tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text(
        "[preset.a]\ndrift.excluded = ['id']\nfreshness = '26h'\n"
        "[source.s]\npath = '{name}/{version}.csv'\npreset = 'a'\ndrift = false\nfreshness = false\n"
        "[[overrides]]\nartifact = 'weather'\ndrift = true\nfreshness.warn_after = '1h'\n"
    )
    scopes = Scopes(load(tmp_path / "mlmonitor.toml"))
    flights, weather = (scopes.of(ArtifactNames("dataset", (name,), "1", "s")) for name in ("flights", "weather"))
    assert (flights.drift.off, flights.freshness.off) == (True, True)
    assert (weather.drift.off, weather.drift.excluded) == (False, ("id",))
    assert (weather.freshness.off, weather.freshness.error_after) == (False, 93600)
