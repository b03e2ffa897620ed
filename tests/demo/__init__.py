"""The demo command from outside: one process, its JSON line, its data directory."""
