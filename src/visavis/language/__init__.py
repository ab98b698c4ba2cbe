"""Language models: protocol, endpoints, local models, and how alike sentences are."""
