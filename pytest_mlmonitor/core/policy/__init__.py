"""Where the policy is, what it may say, and how it is read."""
