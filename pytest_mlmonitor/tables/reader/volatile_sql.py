"""SQL whose answer is another one tomorrow although the table is the same: it reads the clock, or throws dice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_mlmonitor.tables.contract.table import TableContract

FUNCTIONS = (
    *("age", "ago", "now", "today", "transaction_timestamp", "get_current_time", "get_current_timestamp"),
    *("current_date", "current_time", "current_timestamp", "current_localtime", "current_localtimestamp"),
    *("random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"),
    *("nextval", "currval", "setval", "txid_current", "getvariable", "sleep_ms", "write_log", "error", "stats"),
    *("vector_type", "in_search_path", "pg_conf_load_time", "pg_postmaster_start_time"),
    *("current_connection_id", "current_database", "current_catalog", "current_query", "current_query_id"),
    *("query", "query_table"),  # which run a text that is put together: what it says is not known before
    *("current_schema", "current_schemas", "current_setting", "current_transaction_id", "current_user"),
)
"""Functions of DuckDB that are not the same of the same (``stability`` in ``duckdb_functions()``), and macros made of them."""

_CALL = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)}|(?:duckdb|pragma)_\w+)\b\"?\s*(?:\(|/\*|--)", re.IGNORECASE)
_WORD = re.compile(
    r"\b(?:current_(?:date|time|timestamp)|localtime(?:stamp)?|tablesample|using\s+sample|bernoulli|reservoir)\b",
    re.IGNORECASE,
)


def is_volatile(contracts: Iterable[TableContract]) -> bool:
    """Return whether SQL of contracts may answer otherwise of the same table; where in doubt it does."""
    return any(_CALL.search(rule.query) or _WORD.search(rule.query) for one in contracts for rule in one.sql)
