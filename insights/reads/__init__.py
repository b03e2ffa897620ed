"""What each page shows, read in a fixed number of queries and put into words. Writes nothing."""
