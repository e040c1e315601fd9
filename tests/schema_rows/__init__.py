"""Statements against a rich schema, and what a schema map has to say of them."""
