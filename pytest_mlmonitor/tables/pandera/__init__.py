"""pandera schemas, compiled to table contracts as far as they can be."""
