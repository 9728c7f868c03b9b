"""What was observed, brought together into the AI initiatives that an auditor counts."""
