"""``mlmonitor init``: what lies below a directory is looked at, and a first project that judges it is written."""
