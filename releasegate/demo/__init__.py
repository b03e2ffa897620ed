"""The embedded mode: everything in one process, a sandbox AWS, and a small company to look around in."""
