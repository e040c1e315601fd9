"""A small web service that counts hits in PostgreSQL, the way a course would write it."""
