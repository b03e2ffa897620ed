"""What the import linter cannot see: the shape of the house and its budgets."""
