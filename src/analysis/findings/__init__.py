"""What is said about each result: the words, the claim behind them and the chart that shows it."""
