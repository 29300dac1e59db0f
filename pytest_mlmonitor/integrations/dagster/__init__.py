"""The suite in Dagster (extra ``dagster``): assets, a check of each kind and category, job, schedule and sensors.

>>> from pytest_mlmonitor.integrations.dagster import definitions  # doctest: +SKIP
>>> defs = definitions("/srv/churn")  # doctest: +SKIP

Importing this package imports Dagster; nothing else of the package does.
"""

from __future__ import annotations

from pytest_mlmonitor.integrations.dagster.dagster_version import refuse_unusable

refuse_unusable()

from pytest_mlmonitor.integrations.dagster.project_definitions import definitions  # noqa: E402

__all__ = ["definitions"]
