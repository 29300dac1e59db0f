"""What the policy says of sources: the keys of ``[source.NAME]``, and the presets that it builds on."""
