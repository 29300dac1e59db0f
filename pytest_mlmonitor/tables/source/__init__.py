"""Parquet files and directories of them (Hive, Delta, Iceberg) as one table to read."""
