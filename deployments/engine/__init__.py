"""How `advance` moves one deployment by one small, repeatable step. Writes only under the lease."""
