"""Raw files to clean tables: sources, quarantine, engine, demo generator. Knows no method."""
