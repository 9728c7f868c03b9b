"""The server that agents deliver to: decisions/0014, and docs/server.md for whoever runs it."""
