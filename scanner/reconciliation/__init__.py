"""What was discovered and what is declared, held against each other."""
