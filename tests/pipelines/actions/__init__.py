"""Every verb of pipelines, with its bad-input half."""
