"""The function that stores every event in the audit bucket."""
