"""One file a service that alerts are sent to."""
