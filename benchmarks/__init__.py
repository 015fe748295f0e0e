"""Side by side with others: published numbers and independent implementations."""
