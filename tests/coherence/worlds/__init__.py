"""The small worlds that the model explores."""
