"""One module per page: collect what it shows, render it. Reads everything, writes nothing."""
