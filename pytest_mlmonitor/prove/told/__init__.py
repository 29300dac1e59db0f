"""A proof as people and programs read it: lines of a terminal, ``proof.json``, JUnit."""
