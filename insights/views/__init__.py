"""One module per page: collect what it shows, render it."""
