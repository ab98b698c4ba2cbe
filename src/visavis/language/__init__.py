"""Language models (protocol, endpoints, local models) and sentence similarity."""
