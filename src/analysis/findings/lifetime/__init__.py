"""What is said about what customers will be worth."""
