"""What is said about who will buy again."""
