"""What the wiring does by itself."""
