"""Who asks the service, and what became of it: requests by the minute, and labels an hour later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from platform_demo.features import FEATURES, with_features
from platform_demo.places import Places, text_of, write_text
from platform_demo.stations import HOUR, STATIONS, reports

A_MINUTE = 1
"""Requests in a minute; every station is asked about twice or more an hour."""

Ask = Callable[[dict[str, Any], datetime], object]


def requests(origin: datetime, hour: int) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Yield the requests of an hour since the platform began, each with its moment."""
    rows = with_features(reports(origin, [hour])).to_pylist()
    begin = origin + hour * HOUR
    for number in range(60 * A_MINUTE):
        row = rows[number % STATIONS]
        at = begin + timedelta(seconds=number * 60 // A_MINUTE + 5)
        yield (
            {
                "request_id": f"{begin:%Y%m%d%H}-{number:03}",
                "station_id": row["station_id"],
                "obs_ts": f"{row['obs_ts'].isoformat()}Z",
                "features": {name: row[name] for name in FEATURES},
            },
            at,
        )


def label(places: Places, origin: datetime, hour: int) -> int:
    """Write into the predictions of an hour what turned out; return how many got their label."""
    begin = origin + hour * HOUR
    file = places.predictions / f"{begin:%Y-%m-%d}" / f"{begin:%H}.jsonl"
    if not file.exists():
        return 0
    truth = {row["station_id"]: row["empty_next_hour"] for row in reports(origin, [hour]).to_pylist()}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["turned_out"] = truth[line["station_id"]]
    write_text(file, "".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def said(moment: datetime) -> dict[str, str]:
    """Return the header that tells the service what time it is."""
    return {"x-platform-time": text_of(moment)}
