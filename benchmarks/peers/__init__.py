"""Numbers of packages that are not among the locked ones, with the scripts that made them."""
