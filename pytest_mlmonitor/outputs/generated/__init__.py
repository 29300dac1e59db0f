"""Monitoring that is generated from the policy: Prometheus' rules, Alertmanager's routes, Grafana's boards."""
