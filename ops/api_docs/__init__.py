"""The API's documentation as one static page."""
