"""Serving windows out of logs that a declared source describes: records that are windows, requests, or running totals."""
