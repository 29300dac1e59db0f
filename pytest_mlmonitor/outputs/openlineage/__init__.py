"""OpenLineage: builds, trainings, deployments and check runs as its events."""
