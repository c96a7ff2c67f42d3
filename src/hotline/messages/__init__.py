"""What messages mean to people: filled from words, turned back into words, shown as plain lines."""
