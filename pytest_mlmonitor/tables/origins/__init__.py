"""Where a contract says what a finding was measured against: the key, the file and the line."""
