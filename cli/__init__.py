"""The command for CI and auditors: one file that is copied, so nothing here imports it."""
