"""Classification: who will buy again within a horizon, or spend more than a value."""
