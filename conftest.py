"""Shared by every test of the project: pytester runs pytest inside a test."""

from __future__ import annotations

pytest_plugins = ["pytester"]
