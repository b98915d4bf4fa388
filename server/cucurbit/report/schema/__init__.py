"""The schema of a program as a picture: tables, keys and relations, in several formats."""
