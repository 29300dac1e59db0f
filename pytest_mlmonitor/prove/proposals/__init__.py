"""Lines of a contract or the policy that would notice a mutant that nobody noticed."""
