"""One module per page: parse the address, ask `insights.reads`, render."""
