"""What happens around every request, one concern per file, in the order of settings.MIDDLEWARE."""
