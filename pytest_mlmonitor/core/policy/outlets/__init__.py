"""What the policy says of whatever leaves the tool: metrics, alerts, retraining, lineage, traces."""
