"""What the integration tests stand on: private servers, a raw client, a TCP man in the middle."""
