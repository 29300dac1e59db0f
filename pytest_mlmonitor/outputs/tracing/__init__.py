"""A run as a trace of OpenTelemetry: which trace it is part of, its spans, and how they are written and sent."""
