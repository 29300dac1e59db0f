"""Where people run the suite beside a terminal and CI: orchestrators, an HTTP API, a loop.

Each of them runs pytest in a child process and reads what it wrote: hooks in a conftest and contract tests count like the checks.
"""
