"""One verb, one file: everything that changes accounts, environments, pipelines, windows and freezes."""
