"""What everything stands on: errors, time, ids, settings, metrics, and the value that describes a feature."""
