"""How the project ships itself: what it packs, what its suite finds, what stops it."""
