"""The agent: one look at a machine, kept in a spool and delivered to the organization's own server. decisions/0014, and
docs/agent.md for whoever runs it.

Its imports are the standard library and `collectors.endpoint.local`; what talks to the network is imported only where
something is to be sent, and what opens signature packs only where a new one came."""

VERSION = "0.1.0"
"""The program's. `importlib.metadata` would take a fifth of a look's time; a test compares this with setup.cfg."""
