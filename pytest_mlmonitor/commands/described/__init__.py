"""What ``mlmonitor describe`` says: of every artifact, of every file that is none's, of every key of the policy."""
