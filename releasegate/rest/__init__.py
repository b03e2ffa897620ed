"""How JSON comes in and refusals go out, for every endpoint."""
