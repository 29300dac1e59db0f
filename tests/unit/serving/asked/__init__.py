"""What is asked of others about deployments."""
