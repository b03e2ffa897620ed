"""How this project ships itself: its own source, reports and tests, handed to a Release Gate as any team's CI would.

Talks to the product from outside only: AWS API, REST, the command line.
"""
