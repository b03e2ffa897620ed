"""REST endpoints of the deployments app, by family."""
