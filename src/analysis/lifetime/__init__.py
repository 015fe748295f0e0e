"""Lifetime value: what customers are expected to buy and to spend in the time to come."""
