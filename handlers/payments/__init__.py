"""The rules of payments, without AWS: whatever touches the outside comes in through a port."""
