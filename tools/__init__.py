"""What makers of Cucurbit use, and users do not get."""
