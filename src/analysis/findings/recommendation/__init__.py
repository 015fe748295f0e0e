"""What is said about what to offer to whom."""
