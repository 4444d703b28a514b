"""What an environment costs, from its synthesized stack and its stated volume; no AWS needed."""
