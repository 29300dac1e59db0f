"""What nobody would send on purpose, or only on purpose: no crash, no hang, no silent pass."""
