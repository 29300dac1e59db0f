"""What a version is compared with, and what of two versions is compared (specification 2.5)."""
