"""Words to places: where the two people are, which way they face, and from where one looks at them."""
