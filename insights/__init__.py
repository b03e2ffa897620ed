"""Pages that need several nouns at once: inbox, board, release, decision, and the words they share.
It reads every app of the flow and owns no table of its own.
It may not write anything, and no app of the flow may import it."""
