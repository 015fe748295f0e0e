"""From blocks to pages, and from pages to versions. Knows no statistical method."""
