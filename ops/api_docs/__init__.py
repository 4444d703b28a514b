"""The API documentation as one static page."""
