"""What is asked of others about deployments: of a Prometheus what they use, and of themselves whether they are there."""
