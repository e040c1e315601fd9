"""A small web service that counts hits and keeps users with their tasks in PostgreSQL, the way a course would write it."""
