"""The function that sends events to the endpoints of merchants."""
