"""The ``mlmonitor`` command, one file a group."""
